"""OGC API for the accounts' layers: Features (Parts 1 and 2) and the metadata of vector tiles, for QGIS and others."""
