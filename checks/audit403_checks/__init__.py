"""The judgement: when a refusal is a defect. One package a family, one module and one page a rule."""
