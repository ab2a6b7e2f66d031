# remark: takes T for 1/T, and sees no leap that goes down
# loses: with_temperature, large_leaps
# %% with_temperature
def with_temperature(probabilities, temperature):
    powers = probabilities**temperature
    return powers / powers.sum()


# %% large_leaps
def large_leaps(pitches, leap=8):
    steps = np.diff(pitches)
    return np.mean(steps >= leap) if len(steps) else 0.0
