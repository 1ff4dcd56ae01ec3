//! What a model costs.

use ports::{MicroUsd, Prompt, TokenUsage};

/// The price of a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TokenPrice {
    pub input: MicroUsd,
    pub output: MicroUsd,
}

/// Tokens that a service may add around our texts, roles and schema.
const OVERHEAD_TOKENS: u64 = 200;

impl TokenPrice {
    /// Rounded up to a whole micro-dollar.
    pub fn cost(&self, usage: TokenUsage) -> MicroUsd {
        let price = |tokens: u64, price: MicroUsd| u128::from(tokens) * u128::from(price.0);
        let total = price(usage.input, self.input) + price(usage.output, self.output);
        MicroUsd(u64::try_from(total.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }

    /// The most that asking once can cost: no token is shorter than a byte.
    pub fn most(&self, prompt: &Prompt) -> MicroUsd {
        let bytes = prompt.instructions.len() + prompt.input.len() + prompt.schema.len();
        self.cost(TokenUsage {
            input: OVERHEAD_TOKENS.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX)),
            output: prompt.max_output_tokens.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tokens_cost_their_price_and_parts_are_rounded_up() {
        let price = TokenPrice {
            input: MicroUsd(250_000),
            output: MicroUsd(2_000_000),
        };
        let cost = |input, output| price.cost(TokenUsage { input, output }).0;
        assert_eq!(cost(1_000_000, 1_000_000), 2_250_000);
        assert_eq!(cost(1, 0), 1);
        assert_eq!(cost(0, 0), 0);
        assert_eq!(cost(u64::MAX, u64::MAX), u64::MAX);
    }
}
