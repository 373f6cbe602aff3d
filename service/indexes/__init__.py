"""What answers from memory: snapshots of area layers and border, and locating in them."""
