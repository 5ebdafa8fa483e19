//! The tensors of a Whisper model by ggml's names, in the order in which whisper.cpp's own
//! converter writes them. The loader takes any order.

use crate::header::ggml::Hyperparameters;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Encoder,
    Decoder,
}

impl Side {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
        }
    }
}

/// How a tensor is stored, whatever the weight type of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// A matrix: in the weight type of the model.
    Matrix,
    /// A convolution: 16-bit floats, also in quantised models.
    Convolution,
    /// Biases, norms and positions: 32-bit floats always.
    Exact,
}

/// Place of a tensor in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) side: Side,
    pub(crate) block: Option<u32>,
    /// ggml's name of the layer, such as `attn.query`.
    pub(crate) part: &'static str,
    /// `weight`, `bias`, or nothing.
    pub(crate) leaf: &'static str,
}

impl Place {
    /// ggml's name.
    pub(crate) fn name(&self) -> String {
        let side = self.side.as_str();
        let dot = if self.leaf.is_empty() { "" } else { "." };
        match self.block {
            Some(block) => format!("{side}.blocks.{block}.{}{dot}{}", self.part, self.leaf),
            None => format!("{side}.{}{dot}{}", self.part, self.leaf),
        }
    }
}

/// A tensor that a model of a given shape has.
#[derive(Debug, Clone)]
pub(crate) struct Expected {
    pub(crate) place: Place,
    /// Outermost dimension first.
    pub(crate) shape: Vec<u64>,
    pub(crate) role: Role,
}

impl Expected {
    pub(crate) fn n_elements(&self) -> u64 {
        self.shape.iter().product()
    }

    /// Elements of one row.
    pub(crate) fn row(&self) -> u64 {
        self.shape.last().copied().unwrap_or(1)
    }
}

/// Every tensor of a model with these numbers.
pub(crate) fn expected_tensors(numbers: &Hyperparameters) -> Vec<Expected> {
    use Side::{Decoder, Encoder};
    let state = u64::from(numbers.n_audio_state);
    let mut list = List {
        tensors: Vec::new(),
        state,
    };

    let positions = |side, n_ctx: u32| Expected {
        place: Place {
            side,
            block: None,
            part: "positional_embedding",
            leaf: "",
        },
        shape: vec![u64::from(n_ctx), state],
        role: Role::Exact,
    };
    list.tensors.push(positions(Decoder, numbers.n_text_ctx));
    list.tensors.push(positions(Encoder, numbers.n_audio_ctx));
    list.matrix(
        Decoder,
        None,
        "token_embedding",
        u64::from(numbers.n_vocab),
        state,
    );
    for block in 0..numbers.n_text_layer {
        list.block(Decoder, block);
    }
    list.norm(Decoder, None, "ln");
    list.convolution("conv1", u64::from(numbers.n_mels));
    list.convolution("conv2", state);
    for block in 0..numbers.n_audio_layer {
        list.block(Encoder, block);
    }
    list.norm(Encoder, None, "ln_post");
    list.tensors
}

struct List {
    tensors: Vec<Expected>,
    state: u64,
}

impl List {
    fn block(&mut self, side: Side, block: u32) {
        let block = Some(block);
        self.norm(side, block, "mlp_ln");
        self.linear(side, block, "mlp.0", 4 * self.state, self.state);
        self.linear(side, block, "mlp.2", self.state, 4 * self.state);
        self.norm(side, block, "attn_ln");
        self.attention(side, block, ["attn.query", "attn.key", "attn.value", "attn.out"]);
        if side == Side::Decoder {
            self.norm(side, block, "cross_attn_ln");
            self.attention(
                side,
                block,
                [
                    "cross_attn.query",
                    "cross_attn.key",
                    "cross_attn.value",
                    "cross_attn.out",
                ],
            );
        }
    }

    /// Keys have no bias in Whisper.
    fn attention(&mut self, side: Side, block: Option<u32>, parts: [&'static str; 4]) {
        let [query, key, value, out] = parts;
        let state = self.state;
        self.linear(side, block, query, state, state);
        self.matrix(side, block, key, state, state);
        self.linear(side, block, value, state, state);
        self.linear(side, block, out, state, state);
    }

    fn linear(&mut self, side: Side, block: Option<u32>, part: &'static str, rows: u64, columns: u64) {
        self.matrix(side, block, part, rows, columns);
        self.exact(side, block, part, "bias", vec![rows]);
    }

    fn matrix(&mut self, side: Side, block: Option<u32>, part: &'static str, rows: u64, columns: u64) {
        self.tensors.push(Expected {
            place: Place {
                side,
                block,
                part,
                leaf: "weight",
            },
            shape: vec![rows, columns],
            role: Role::Matrix,
        });
    }

    fn norm(&mut self, side: Side, block: Option<u32>, part: &'static str) {
        self.exact(side, block, part, "weight", vec![self.state]);
        self.exact(side, block, part, "bias", vec![self.state]);
    }

    fn convolution(&mut self, part: &'static str, n_inputs: u64) {
        self.tensors.push(Expected {
            place: Place {
                side: Side::Encoder,
                block: None,
                part,
                leaf: "weight",
            },
            shape: vec![self.state, n_inputs, 3],
            role: Role::Convolution,
        });
        // whisper.cpp adds this bias to a matrix and wants it as a column.
        self.exact(Side::Encoder, None, part, "bias", vec![self.state, 1]);
    }

    fn exact(
        &mut self,
        side: Side,
        block: Option<u32>,
        part: &'static str,
        leaf: &'static str,
        shape: Vec<u64>,
    ) {
        self.tensors.push(Expected {
            place: Place {
                side,
                block,
                part,
                leaf,
            },
            shape,
            role: Role::Exact,
        });
    }
}
