"""The pure geometry of Wardline: values in, values out, with no I/O, clock or framework."""
