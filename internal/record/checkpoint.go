package record

import (
	"sort"

	"trapline/internal/emu"
)

// Bounds of the checkpoints of one line. When either is reached every second
// checkpoint is dropped and the distance doubles, so a jump costs at most a
// restore and steps/MaxCheckpoints*2 steps.
const (
	MaxCheckpoints     = 1024
	MaxCheckpointBytes = 192 << 20 // by Snapshot.Bytes
	firstDistance      = 256       // steps
)

// checkpoint is a state that can be restored.
type checkpoint struct {
	step uint64
	at   cursor
	snap *emu.Snapshot
	hash uint64 // of the state, clocks included
}

// checkpoints are a line's, by step; the first is of step 0.
type checkpoints struct {
	list     []checkpoint
	distance uint64
	bytes    int
}

// due reports whether step is to get a checkpoint.
func (c *checkpoints) due(step uint64) bool {
	return len(c.list) == 0 || step >= c.list[len(c.list)-1].step+c.distance
}

func (c *checkpoints) add(p checkpoint) {
	c.list = append(c.list, p)
	c.bytes += p.snap.Bytes()
	for len(c.list) > 2 && (len(c.list) > MaxCheckpoints || c.bytes > MaxCheckpointBytes) {
		c.thin()
	}
}

// thin drops every second checkpoint, never the first. What a dropped one held
// alone is freed; the rest is counted as if all of it were.
func (c *checkpoints) thin() {
	kept := make([]checkpoint, 0, len(c.list)/2+1)
	c.bytes = 0
	for i, p := range c.list {
		if i%2 == 0 {
			kept = append(kept, p)
			c.bytes += p.snap.Bytes()
		}
	}
	c.list = kept
	c.distance *= 2
}

// before finds the last checkpoint of a step below limit, or the first.
func (c *checkpoints) before(limit uint64) int {
	i := sort.Search(len(c.list), func(i int) bool { return c.list[i].step >= limit })
	return max(i-1, 0)
}

// upTo is a copy with the checkpoints up to a step.
func (c *checkpoints) upTo(step uint64) checkpoints {
	n := c.before(step+1) + 1
	out := checkpoints{list: append([]checkpoint(nil), c.list[:n]...), distance: c.distance}
	for i := range out.list {
		out.bytes += out.list[i].snap.Bytes()
	}
	return out
}
