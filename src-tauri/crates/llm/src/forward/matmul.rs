//! Products of weight matrices with the columns of a chunk. Many columns go through panels, which are
//! unpacked once for all of them; few go straight to the packed rows, which is what limits writing: each
//! token reads every weight once.

use std::cell::RefCell;

use recordroute_core::CancellationToken;

use super::column::Column;
use super::features::Features;
use super::kernels::Kernels;
use super::panel::{LANES, Lanes, Panel};
use super::threads::Pool;
use super::weights::Matrix;

/// From so many columns on a panel pays.
const MIN_PANEL_COLUMNS: usize = 4;
/// Parts for each thread: a thread that is held up leaves its parts to the others.
const PARTS_A_THREAD: usize = 8;

/// A matrix and where its product goes.
pub(crate) struct Product<'a> {
    pub matrix: &'a Matrix,
    pub out: &'a mut Features,
}

struct Part<'a> {
    matrix: &'a Matrix,
    first_row: usize,
    out: &'a mut [Lanes],
}

/// Multiplies several matrices with the same columns.
pub(crate) fn multiply<const N: usize>(
    products: [Product<'_>; N],
    columns: &[Column],
    bytes: &[u8],
    kernels: &Kernels,
    pool: &mut Pool,
    cancel: &CancellationToken,
) {
    let n_tokens = columns.len();
    let n_panels: usize = products.iter().map(|it| it.matrix.n_rows.div_ceil(LANES)).sum();
    let panels_a_part = (n_panels / (PARTS_A_THREAD * pool.n_threads())).max(1);
    let mut parts = Vec::with_capacity(n_panels / panels_a_part + N);
    for Product { matrix, out } in products {
        out.resize(matrix.n_rows, n_tokens);
        for (i, out) in out.panels.chunks_mut(panels_a_part * n_tokens).enumerate() {
            let first_row = i * panels_a_part * LANES;
            parts.push(Part {
                matrix,
                first_row,
                out,
            });
        }
    }
    pool.for_each_chunk(&mut parts, 1, cancel, &|_, parts| {
        for part in parts {
            for (i, out) in part.out.chunks_exact_mut(n_tokens).enumerate() {
                // With few columns a whole part takes no longer than a look at the token is worth.
                if n_tokens >= MIN_PANEL_COLUMNS && cancel.is_cancelled() {
                    return;
                }
                let first_row = part.first_row + i * LANES;
                multiply_panel(part.matrix, first_row, columns, bytes, kernels, out);
            }
        }
    });
}

fn multiply_panel(
    matrix: &Matrix,
    first_row: usize,
    columns: &[Column],
    bytes: &[u8],
    kernels: &Kernels,
    out: &mut [Lanes],
) {
    thread_local! {
        static PANEL: RefCell<Panel> = RefCell::default();
    }
    let n_rows = LANES.min(matrix.n_rows - first_row);
    let rows = matrix.rows(bytes, first_row, n_rows);
    if columns.len() < MIN_PANEL_COLUMNS {
        for (lane, row) in rows.chunks_exact(matrix.row_bytes()).enumerate() {
            for (column, out) in columns.iter().zip(out.iter_mut()) {
                out[lane] = (kernels.dot)(matrix.format, row, column);
            }
        }
        return;
    }
    PANEL.with_borrow_mut(|panel| {
        (kernels.fill_panel)(panel, matrix.format, rows, matrix.n_columns);
        if matrix.format.is_float() {
            (kernels.floats)(&panel.floats, columns, out);
        } else {
            (kernels.quantized)(panel, columns, out);
        }
    });
}
