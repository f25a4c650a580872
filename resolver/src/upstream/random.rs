//! What an attacker must not foresee: ids, sockets, the case of letters.

use rand::{
    Rng, SeedableRng,
    rngs::{StdRng, SysRng},
};

/// A ChaCha generator seeded by the system, whose output is used up piece by piece.
pub(super) struct Random {
    generator: StdRng,
    left: u64,
    bits: u32,
}

impl Random {
    /// Seeded by the system.
    ///
    /// # Errors
    /// The system has no random octets.
    pub(super) fn from_system() -> std::io::Result<Self> {
        let generator = StdRng::try_from_rng(&mut SysRng).map_err(std::io::Error::other)?;
        Ok(Self {
            generator,
            left: 0,
            bits: 0,
        })
    }

    fn take(&mut self, bits: u32) -> u64 {
        if self.bits < bits {
            self.left = self.generator.next_u64();
            self.bits = u64::BITS;
        }
        let taken = self.left & ((1 << bits) - 1);
        self.left >>= bits;
        self.bits -= bits;
        taken
    }

    /// A message id.
    pub(super) fn id(&mut self) -> u16 {
        self.take(16) as u16
    }

    /// One of `0..count`; `count` is at least 1 and far below 2¹⁶, so that the bias is negligible.
    pub(super) fn below(&mut self, count: usize) -> usize {
        self.take(32) as usize % count.max(1)
    }

    /// Turns each letter of a lower-case name to upper case or not.
    pub(super) fn mix_case(&mut self, name: &mut [u8]) {
        for octet in name {
            if octet.is_ascii_lowercase() && self.take(1) == 1 {
                *octet = octet.to_ascii_uppercase();
            }
        }
    }
}
