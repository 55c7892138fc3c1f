package tui

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// T2: the vCPUs' panel has what waits in each store buffer, the oldest first, and a
// flush is a move.
func TestStoreBuffersAreShownAndFlushed(t *testing.T) {
	m := open(t, "store-buffering", "", 120, 40)
	require.Contains(t, shown(t, m), "cpu0's stores empty")
	press(m, "1")
	require.Contains(t, shown(t, m), "[v] was 0x0, is 0x1 (buffered)", "memory does not have it yet")
	press(m, "1", "1")
	require.Contains(t, shown(t, m), "cpu0's stores next [v] 0x1, [v+0x8] 0x0")
	press(m, "0")
	require.Contains(t, shown(t, m), "3 cpu0's stores")
	require.Contains(t, shown(t, m), "the oldest store reaches memory: the others see it")
	press(m, "3")
	require.Contains(t, shown(t, m), "cpu0's stores next [v+0x8] 0x0")
	require.Contains(t, shown(t, m), "the oldest store in the buffer reaches memory: the others see it now")
	press(m, "left")
	require.Contains(t, shown(t, m), "cpu0's stores next [v] 0x1, [v+0x8] 0x0")
}

// T4: so has it a byte that can be fetched anew.
func TestChangedBytesThatWereFetchedAreShown(t *testing.T) {
	m := open(t, "torn-instruction", "", 120, 40)
	press(m, "1", "1", "1", "2")
	require.Contains(t, shown(t, m), "cpu0's fetch (first changed byte) [site] 0f -> cc")
	press(m, "3")
	require.Contains(t, shown(t, m), "cpu0 fetches [site] anew: cc, not 0f")
}
