package tracefs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

func TestE6_ListFlags(t *testing.T) {
	k := newKernel(t, "")
	vfsRead, _ := k.Address("vfs_read")
	list := tracefs.List([]tracefs.ListEntry{
		{Addr: vfsRead, Ftrace: true},
		{Addr: vfsRead, Return: true, Disabled: true, Ftrace: true},
		{Addr: vfsRead, Gone: true, Disabled: true},
		{Addr: 0xffffffffc0001000, Optimized: true},
	}, x86.AMD64, module{k})
	assert.Equal(t, []string{
		"ffffffff813669e0  k  vfs_read+0x0    [GONE]",
		"ffffffff813669e0  r  vfs_read+0x0    [DISABLED][FTRACE]",
		"ffffffff813669e0  k  vfs_read+0x0    [FTRACE]",
		"ffffffffc0001000  k  start+0x0  mod [OPTIMIZED]",
	}, sortedByAddr(list))
	assert.Equal(t, "c1000010  k  0xc1000010 \n", tracefs.List([]tracefs.ListEntry{{Addr: 0xc1000010}}, x86.I386, nil))
}

// module adds a module's symbol to the kernel.
type module struct{ *kernel }

func (m module) Lookup(addr uint64) (events.Symbol, bool) {
	if addr == 0xffffffffc0001000 {
		return events.Symbol{Name: "start", Addr: addr, Size: 16, Module: "mod"}, true
	}
	return m.kernel.Lookup(addr)
}

// sortedByAddr keeps the order within an address.
func sortedByAddr(list string) []string {
	lines := strings.Split(strings.TrimSuffix(list, "\n"), "\n")
	if strings.HasPrefix(lines[0], "ffffffffc") {
		lines = append(lines[1:], lines[0])
	}
	return lines
}

func TestE6_ProfileColumns(t *testing.T) {
	r := newEngine().registry(nil)
	define(t, r, tracefs.KprobeEvents, "p:g/"+strings.Repeat("n", 50)+" func")
	define(t, r, tracefs.UprobeEvents, "p:g/u /f:0")
	count := func(*tracefs.Probe) tracefs.Counts { return tracefs.Counts{Hits: 3, Missed: 1234567890123456} }
	assert.Equal(t, "  "+strings.Repeat("n", 50)+"               3 1234567890123456\n", r.KprobeProfile(count))
	assert.Equal(t, "  /f u                                                          3\n", r.UprobeProfile(count))
}
