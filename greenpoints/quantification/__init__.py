"""What an act of a resident saves: the catalogue, the figures in force, exact arithmetic over columns. No framework."""
