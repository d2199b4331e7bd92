"""How a step is computed: plain torch or DeepSpeed, with which precision and loss scale."""
