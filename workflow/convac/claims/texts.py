"""Tables as texts that are equal where the values are equal, bit for bit."""

import json

import numpy as np
import pandas as pd


def worded(value: object) -> str:
    """A value as JSON: a float's shortest digits that give it back, with the sign of zero; text in quotes."""
    return json.dumps(value, ensure_ascii=False)


def as_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Every value as JSON, so that 1 and 1.0, 0.0 and -0.0 differ; what is missing is an empty text."""
    return pd.DataFrame({name: column_texts(table[name]) for name in table.columns}, index=table.index, dtype=object)


def column_texts(column: pd.Series) -> np.ndarray:
    """A column as texts, shape (rows,), each text made once."""
    missing = column.isna().to_numpy()
    if pd.api.types.is_float_dtype(column):
        # by their bits: equal keys would make one of 0.0 and -0.0
        codes, bits = pd.factorize(column.to_numpy(dtype=np.float64, na_value=np.nan).view(np.int64))
        found = bits.view(np.float64).tolist()
    else:
        codes, values = pd.factorize(column)
        found = values.tolist()
    texts = np.array([*map(worded, found), ""], dtype=object)
    return np.where(missing, "", texts[codes])
