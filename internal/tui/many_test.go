package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/scenario"
)

const eightCPUs = `Eight vCPUs.
-- machine --
cpus 8
-- text.S --
	.globl main
	.type main, @function
main:
	incl %eax
	incl %eax
	ret
-- probes --
entry at main
-- tasks --
cpu 0 at main
cpu 1 at main
cpu 2 at main
cpu 3 at main
cpu 4 at main
cpu 5 at main
cpu 6 at main
cpu 7 at main
`

// With all the vCPUs that there can be each still has its line in the timeline
// and among the vCPUs, at every size from 80x24, and Tab shows something.
func TestEightVCPUs(t *testing.T) {
	p, err := format.Parse("eight.txtar", []byte(eightCPUs))
	require.NoError(t, err)
	m := openFile(t, &scenario.File{File: p}, "2002", 80, 24)
	press(m, "i")
	for _, s := range append(sizes, struct{ w, h int }{100, 36}, struct{ w, h int }{130, 38}) {
		m.Update(tea.WindowSizeMsg{Width: s.w, Height: s.h})
		seen := map[string]bool{}
		all := ""
		for range m.tabs() {
			seen[shown(t, m)] = true
			all += shown(t, m)
			press(m, "tab")
		}
		require.Len(t, seen, len(m.tabs()), "%dx%d: Tab changes what is shown", s.w, s.h)
		for _, cpu := range []string{"cpu0 ", "cpu7 "} {
			require.True(t, strings.Contains(all, "\n"+cpu), "%dx%d: %s in the timeline", s.w, s.h, cpu)
		}
	}
	m.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	press(m, "8")
	require.Equal(t, 7, m.Walk.Event().CPU)
	golden(t, "eight-80x24", shown(t, m))
}
