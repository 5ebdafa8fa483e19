//! The icon, drawn here: as large as wanted, with the badge of the moment, in colour or as the black
//! shape that macOS paints itself. The same shapes as in `icons/recordroute.svg`.

use crate::Light;

/// Pixels of an edge; twice what most systems show, for dense displays.
pub(crate) const SIZE: u32 = 44;

/// Edge of the drawing that the coordinates below are of.
const CANVAS: f32 = 512.0;

type Colour = [u8; 3];

const TILE: Colour = [0x1f, 0x5f, 0x5b];
const SOUND: Colour = [0xf2, 0xf6, 0xf4];
const TEXT: Colour = [0xff, 0xc2, 0x7a];
const RED: Colour = [0xe5, 0x2b, 0x2b];
const GREY: Colour = [0x4a, 0x55, 0x60];
const WHITE: Colour = [0xff, 0xff, 0xff];

#[derive(Clone, Copy)]
enum Shape {
    Tile,
    /// From point to point, with round ends of that radius; a dot where both are one.
    Line([f32; 4], f32),
}

impl Shape {
    /// From its edge; negative inside.
    fn distance(self, x: f32, y: f32) -> f32 {
        match self {
            Self::Tile => {
                let corner = |at: f32| (at - CANVAS / 2.0).abs() - (232.0 - 108.0);
                let (dx, dy) = (corner(x), corner(y));
                dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - 108.0
            }
            Self::Line([x1, y1, x2, y2], radius) => {
                let (dx, dy) = (x2 - x1, y2 - y1);
                let length_squared = (dx * dx + dy * dy).max(f32::EPSILON);
                let along = (((x - x1) * dx + (y - y1) * dy) / length_squared).clamp(0.0, 1.0);
                (x - x1 - along * dx).hypot(y - y1 - along * dy) - radius
            }
        }
    }
}

/// In the order in which they are painted; without a colour a shape takes away what is under it.
fn layers(light: Light, is_template: bool) -> Vec<(Shape, Option<Colour>)> {
    let line = |x1, y1, x2, y2, colour| (Shape::Line([x1, y1, x2, y2], 17.0), Some(colour));
    let dot = |radius, colour| (Shape::Line([376.0, 376.0, 376.0, 376.0], radius), colour);
    let bar = |x, colour| (Shape::Line([x, 336.0, x, 416.0], 20.0), colour);
    let mut layers = vec![
        (Shape::Tile, Some(TILE)),
        line(112.0, 226.0, 112.0, 286.0, SOUND),
        line(172.0, 166.0, 172.0, 346.0, SOUND),
        line(232.0, 206.0, 232.0, 306.0, SOUND),
        line(296.0, 184.0, 400.0, 184.0, TEXT),
        line(296.0, 256.0, 400.0, 256.0, TEXT),
        line(296.0, 328.0, 352.0, 328.0, TEXT),
    ];
    // The badge stands off from what is under it.
    match light {
        Light::Off => {}
        Light::Recording => layers.extend([dot(148.0, None), dot(116.0, Some(RED))]),
        Light::Paused => {
            let bars = (!is_template).then_some(WHITE);
            layers.extend([
                dot(148.0, None),
                dot(116.0, Some(GREY)),
                bar(340.0, bars),
                bar(412.0, bars),
            ]);
        }
    }
    if is_template {
        layers.remove(0);
        for (_, colour) in &mut layers {
            *colour = colour.map(|_| [0, 0, 0]);
        }
    }
    layers
}

/// Red, green, blue and opacity of each pixel, row by row.
pub(crate) fn draw(light: Light, is_template: bool) -> Vec<u8> {
    let layers = layers(light, is_template);
    let unit = CANVAS / SIZE as f32;
    let mut pixels = Vec::with_capacity((SIZE * SIZE * 4) as usize);
    for row in 0..SIZE {
        for column in 0..SIZE {
            let (x, y) = ((column as f32 + 0.5) * unit, (row as f32 + 0.5) * unit);
            let (mut rgb, mut opacity) = ([0.0_f32; 3], 0.0_f32);
            for (shape, colour) in &layers {
                let cover = (0.5 - shape.distance(x, y) / unit).clamp(0.0, 1.0);
                match colour {
                    Some(colour) if cover > 0.0 => {
                        let whole = cover + opacity * (1.0 - cover);
                        for (channel, new) in rgb.iter_mut().zip(colour) {
                            let under = *channel * opacity * (1.0 - cover);
                            *channel = (f32::from(*new) * cover + under) / whole;
                        }
                        opacity = whole;
                    }
                    Some(_) => {}
                    None => opacity *= 1.0 - cover,
                }
            }
            pixels.extend(rgb.map(|channel| channel.round() as u8));
            pixels.push((opacity * 255.0).round() as u8);
        }
    }
    pixels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(pixels: &[u8], x: u32, y: u32) -> [u8; 4] {
        let from = ((y * SIZE + x) * 4) as usize;
        [pixels[from], pixels[from + 1], pixels[from + 2], pixels[from + 3]]
    }

    #[test]
    fn the_badge_tells_the_state() {
        let badge = |light| at(&draw(light, false), 32, 32);
        assert_eq!(
            badge(Light::Off),
            [TILE[0], TILE[1], TILE[2], 255],
            "the tile alone"
        );
        assert_eq!(
            badge(Light::Recording),
            [RED[0], RED[1], RED[2], 255],
            "a red dot"
        );
        assert_eq!(
            badge(Light::Paused),
            [GREY[0], GREY[1], GREY[2], 255],
            "between the bars"
        );
        assert_eq!(at(&draw(Light::Recording, false), 0, 0)[3], 0, "round corners");
    }

    #[test]
    fn as_a_template_it_is_black_and_transparent() {
        let pixels = draw(Light::Paused, true);
        assert!(
            pixels.chunks(4).all(|pixel| pixel[..3] == [0, 0, 0]),
            "the system gives it its colour"
        );
        assert_eq!(at(&pixels, 32, 32)[3], 255, "the badge is there");
        assert_eq!(at(&pixels, 29, 32)[3], 0, "with bars cut out of it");
        assert_eq!(at(&pixels, 6, 6)[3], 0, "and no tile");
    }
}
