"""One file a kind of dataset: its type, a `DatasetSpec`. Found by name; may import what `specs` may."""
