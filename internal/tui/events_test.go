package tui

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// E6: events show as they fire, and are gone again where time goes back.
func TestEventsShowAsTheyFire(t *testing.T) {
	const line = "myprobe: (do_work+0x3/0xfee) arg1=0x7 arg2=40"
	m := open(t, "events-first", "", 120, 40)
	press(m, "tab", "tab", "tab", "tab", "tab")
	require.Contains(t, shown(t, m), "no event has fired yet")
	press(m, "z")
	require.Contains(t, shown(t, m), "✦ "+line, "why")
	require.Contains(t, shown(t, m), "Trace · 1 event ")
	require.Contains(t, shown(t, m), "cpu0 "+line)
	press(m, "z")
	require.Contains(t, shown(t, m), "Trace · 2 events")
	press(m, "Z")
	require.Contains(t, shown(t, m), "Trace · 1 event ")
	golden(t, sized(120, 40, "events"), shown(t, m))
	press(m, "left")
	require.Contains(t, shown(t, m), "no event has fired yet")
}
