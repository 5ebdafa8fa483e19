//! Sixteen rows of a matrix side by side, unpacked for a kernel that multiplies them with many columns:
//! what a row costs to unpack is paid once for all tokens of a chunk.

use super::column::GROUP;
use super::formats::{Format, SUPER_BLOCK, Unpacked};

/// Rows of a panel: one lane of a vector each.
pub(crate) const LANES: usize = 16;

/// A number for each row of a panel.
pub(crate) type Lanes = [f32; LANES];

#[derive(Debug, Default)]
pub(crate) struct Panel {
    /// Four neighbouring weights of each of the 16 rows make 64 bytes.
    pub weights: Vec<[u8; 4 * LANES]>,
    pub scales: Vec<Lanes>,
    pub mins: Vec<Lanes>,
    /// Of weights in floats, one for each column of the matrix.
    pub floats: Vec<Lanes>,
    /// Weights of a row that share a scale: 16 or 32.
    pub group_len: usize,
    pub is_signed: bool,
}

impl Panel {
    /// Takes up to 16 rows of `n_columns` weights that lie one after the other in `rows`. Inlined, so
    /// that each caller gets it compiled for its own instructions.
    #[inline(always)]
    pub fn fill(&mut self, format: Format, rows: &[u8], n_columns: usize) {
        let row_bytes = n_columns / format.block_len() * format.block_bytes();
        if format.is_float() {
            self.fill_floats(format, rows, n_columns, row_bytes);
            return;
        }
        self.group_len = format.group_len();
        self.is_signed = format.is_signed();
        let n_groups = n_columns / self.group_len;
        self.weights.resize(n_columns / 4, [0; 4 * LANES]);
        self.scales.resize(n_groups, [0.0; LANES]);
        self.mins.resize(n_groups, [0.0; LANES]);
        let n_rows = rows.len() / row_bytes;
        if n_rows < LANES {
            // The rows that are missing come out as zero.
            self.scales.fill([0.0; LANES]);
            self.mins.fill([0.0; LANES]);
        }
        // All rows of a few blocks, so that what is written stays near.
        let block_len = format.block_len();
        let (quads_of_block, groups_of_block) = (block_len / 4, block_len / self.group_len);
        let blocks_of_part = SUPER_BLOCK / block_len;
        let mut unpacked = Unpacked::new();
        let n_blocks = n_columns / block_len;
        for part in (0..n_blocks).step_by(blocks_of_part) {
            for (lane, row) in rows.chunks_exact(row_bytes).enumerate().take(LANES) {
                for block_idx in part..(part + blocks_of_part).min(n_blocks) {
                    let block = &row[block_idx * format.block_bytes()..][..format.block_bytes()];
                    format.unpack(block, &mut unpacked);
                    let quads = &mut self.weights[block_idx * quads_of_block..][..quads_of_block];
                    for (quad, weights) in quads.iter_mut().zip(unpacked.weights.chunks_exact(4)) {
                        quad[4 * lane..4 * lane + 4].copy_from_slice(weights);
                    }
                    let groups = block_idx * groups_of_block..(block_idx + 1) * groups_of_block;
                    for (i, group) in groups.enumerate() {
                        self.scales[group][lane] = unpacked.scales[i];
                        self.mins[group][lane] = unpacked.mins[i];
                    }
                }
            }
        }
    }

    fn fill_floats(&mut self, format: Format, rows: &[u8], n_columns: usize, row_bytes: usize) {
        self.floats.clear();
        self.floats.resize(n_columns, [0.0; LANES]);
        let mut values = [0.0; GROUP];
        for (lane, row) in rows.chunks_exact(row_bytes).enumerate().take(LANES) {
            let parts = row.chunks(GROUP * format.block_bytes());
            for (part, floats) in parts.zip(self.floats.chunks_mut(GROUP)) {
                let values = &mut values[..floats.len()];
                format.dequantize(part, values);
                for (lanes, value) in floats.iter_mut().zip(values) {
                    lanes[lane] = *value;
                }
            }
        }
    }
}
