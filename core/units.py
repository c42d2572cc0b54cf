"""Units of the platform and their exact conversions; a name carries its unit (``area_m2``, ``fee_fen``)."""

M2_PER_HA = 10_000
M2_PER_MU = 10_000 / 15  # 1 mu (亩) is exactly 1/15 ha
M2_PER_KM2 = 1_000_000
FEN_PER_YUAN = 100
MG_PER_G = 1_000
MG_PER_KG = 1_000_000
G_PER_KG = 1_000
KG_PER_T = 1_000
MM_PER_M = 1_000
CO2_PER_C = 44 / 12  # molar mass of CO2 over that of C
