//! Whether a result is as expected.

use serde_json::Value;

/// What differs between what is expected and what came; `None` when it fits. An object fits when every field that is
/// expected does, whatever else there is; `{"at_least": a, "at_most": b}` fits numbers; a list fits element by element; a
/// field that is absent is null.
pub fn mismatch(expected: &Value, got: &Value) -> Option<String> {
    match (expected, got) {
        (Value::Object(range), Value::Number(number))
            if !range.is_empty() && range.keys().all(|key| key == "at_least" || key == "at_most") =>
        {
            let number = number.as_f64()?;
            let bound = |key: &str| range.get(key).and_then(Value::as_f64);
            let fits = bound("at_least").is_none_or(|least| number >= least)
                && bound("at_most").is_none_or(|most| number <= most);
            (!fits).then(|| format!("{number} is not within {expected}"))
        }
        (Value::Object(fields), Value::Object(there)) => fields.iter().find_map(|(name, value)| {
            mismatch(value, there.get(name).unwrap_or(&Value::Null)).map(|why| format!("{name}: {why}"))
        }),
        (Value::Array(items), Value::Array(there)) if items.len() == there.len() => items
            .iter()
            .zip(there)
            .enumerate()
            .find_map(|(index, (item, there))| mismatch(item, there).map(|why| format!("[{index}]: {why}"))),
        (Value::Number(number), Value::Number(there)) => {
            let near = (number.as_f64()? - there.as_f64()?).abs() < 1e-9;
            (!near).then(|| format!("{there} instead of {number}"))
        }
        _ => (expected != got).then(|| format!("{got} instead of {expected}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_fits() {
        for (expected, got) in [
            (json!({}), json!({"a": 1})),
            (json!({"a": 1}), json!({"a": 1.0, "b": 2})),
            (json!({"a": null}), json!({})),
            (json!({"a": {"at_least": 1, "at_most": 2}}), json!({"a": 2})),
            (json!([{"a": 1}, "x"]), json!([{"a": 1, "b": 2}, "x"])),
        ] {
            assert_eq!(mismatch(&expected, &got), None, "{expected} {got}");
        }
    }

    #[test]
    fn what_does_not_fit() {
        for (expected, got) in [
            (json!({"a": 1}), json!({"a": 2})),
            (json!({"a": 1}), json!({})),
            (json!({"a": 1}), json!(1)),
            (json!({"a": null}), json!({"a": 0})),
            (json!({"a": {"at_least": 1}}), json!({"a": 0.9})),
            (json!({"at_most": 1}), json!("1")),
            (json!([1]), json!([1, 2])),
            (json!("x"), json!("y")),
        ] {
            assert!(mismatch(&expected, &got).is_some(), "{expected} {got}");
        }
    }
}
