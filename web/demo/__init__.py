"""The main job on real input: four flows over one county and one day, run by ``manage.py demo``."""
