"""One file a kind of measurement: its type, a `MeasurementSpec`. Found by name; may import what `specs` may."""
