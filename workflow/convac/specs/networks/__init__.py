"""One file a kind of network: its type, a `NetworkSpec`. Found by name; may import what `specs` may."""
