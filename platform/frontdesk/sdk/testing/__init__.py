"""The kit for testing plugins, and the host against them.

`scripted` is a provider that plays given steps, `provider_contract` the suite every provider passes, `vendor_server` a
vendor made of recordings, `answers` reads a chat and checks its order. Only `provider_contract` needs pytest.
"""
