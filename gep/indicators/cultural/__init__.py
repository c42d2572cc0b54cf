"""Cultural services 文化服务: what people come for, or pay more for."""
