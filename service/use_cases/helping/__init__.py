"""Help: who has duty at which station and who volunteers, so that whoever asks is sent somebody near."""
