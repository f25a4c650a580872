//! Business identification numbers.

/// Whether `text` is a Kazakh BIN or IIN: 12 digits whose last is the check digit of the others,
/// computed with weights 1–11 and, where that gives 10, again with weights 3–11, 1, 2.
pub fn is_bin(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    if text.len() != 12 || digits.len() != 12 {
        return false;
    }
    let sum = |weights: [u32; 11]| {
        digits
            .iter()
            .zip(weights)
            .map(|(digit, weight)| digit * weight)
            .sum::<u32>()
            % 11
    };
    let check = match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]),
        remainder => remainder,
    };
    check == digits[11]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_of_real_firms_check() {
        // From the AFSA register's addresses of firms.
        assert!(is_bin("220340900479"));
        assert!(is_bin("230740900475"));
        assert!(!is_bin("220340900478"));
        assert!(!is_bin("22034090047"));
        assert!(!is_bin("22034090047x"));
    }
}
