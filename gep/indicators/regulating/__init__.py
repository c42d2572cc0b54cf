"""Regulating services 调节服务: what ecosystems do where they stand."""
