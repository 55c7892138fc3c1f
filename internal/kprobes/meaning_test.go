package kprobes

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
	"trapline/internal/traps"
	"trapline/internal/x86"
)

// TestEachMeaningHasALine: every name that a machinery knows stands at a line of
// each engine's text that has the machinery, on one architecture at least.
func TestEachMeaningHasALine(t *testing.T) {
	for _, e := range engines.All(engines.Kernel)[1:] {
		named := map[string]bool{}
		for _, a := range []x86.Arch{x86.I386, x86.AMD64} {
			text := KernelText(e, a)
			o, err := text.Options()
			require.NoError(t, err)
			for _, p := range o.Places {
				named[p.Name] = true
			}
		}
		c := machineries[e.Machinery](described{engine: e}).(traps.CEngine)
		for name := range c.Seen() {
			assert.True(t, named[name], "%s: no line is @%s", e.Name, name)
		}
		if asks := c.Asks(); asks != "" {
			assert.True(t, named[asks], "%s: no line is @%s", e.Name, asks)
		}
	}
}
