package traceuprobe

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events/tracefs"
	"trapline/internal/linux/mm"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// leaf is a function of testdata/bin/beh.
const (
	leafOffset = 0x170e
	leafAddr   = 0x400000 + leafOffset
)

// leafByte is what stands at the function in the loaded program.
func leafByte(t *testing.T, r *rig) byte {
	var b [1]byte
	require.Equal(t, 1, r.kernel.Processes()[0].MM().ReadForced(leafAddr, b[:]))
	return b[0]
}

// U1: consumers share the breakpoint of a place; the first plants it, the last takes it out.
func TestU1ConsumersShareABreakpoint(t *testing.T) {
	r := newRig(t, guestRoot(t, "beh"), x86.AMD64)
	r.load(t, "/t/beh", "leafn", "3")
	original := leafByte(t, r)
	for _, line := range []string{"p:o/a /t/beh:0x170e\n", "p:o/b /t/beh:0x170e\n"} {
		require.NoError(t, r.session.Registry().Write(tracefs.UprobeEvents, []byte(line)))
	}
	for _, step := range []struct {
		event string
		on    bool
		want  byte
	}{{"a", true, uprobes.Breakpoint}, {"b", true, uprobes.Breakpoint}, {"a", false, uprobes.Breakpoint}, {"b", false, original}} {
		require.NoError(t, r.session.Registry().SetEvent("o", step.event, step.on))
		require.Equal(t, step.want, leafByte(t, r), "%+v", step)
	}
}

// U2: the breakpoint is in the process's copy of the page, not in the file.
func TestU2FileKeepsItsByte(t *testing.T) {
	root := guestRoot(t, "beh")
	before, err := os.ReadFile(root + "/t/beh")
	require.NoError(t, err)
	r := newRig(t, root, x86.AMD64)
	require.NoError(t, r.session.Registry().Write(tracefs.UprobeEvents, []byte("p:o/a /t/beh:0x170e\n")))
	require.NoError(t, r.session.Registry().SetEvent("o", "a", true))
	r.load(t, "/t/beh", "leafn", "3")
	require.EqualValues(t, uprobes.Breakpoint, leafByte(t, r))
	var b [1]byte
	require.Equal(t, 1, r.kernel.Files().ReadInode(r.kernel.Processes()[0].MM().Find(leafAddr).Inode, leafOffset, b[:]))
	require.Equal(t, before[leafOffset], b[0])
}

// U3: a filter keeps the breakpoint out of a process; a handler that answers so takes it out after its first hit.
func TestU3FilterAndRemoval(t *testing.T) {
	root := guestRoot(t, "beh")
	for _, c := range []struct {
		wanted, remove bool
		hits           int
	}{{true, false, 5}, {true, true, 1}, {false, false, 0}} {
		r := newRig(t, root, x86.AMD64)
		f, errno := r.session.File("/t/beh")
		require.Zero(t, errno)
		r.load(t, "/t/beh", "leafn", "5")
		hits := 0
		place := uprobes.Place{File: f.ID, Offset: leafOffset}
		require.Zero(t, r.system.Register(place, f.Size, &uprobes.Consumer{
			Handler: func(*uprobes.Hit) bool { hits++; return c.remove },
			Filter:  func(*mm.MM) bool { return c.wanted },
		}))
		require.Contains(t, r.run(t), "status=exit 0")
		require.Equal(t, c.hits, hits, "%+v", c)
	}
}

// U12: a fault in the stepped copy is seen at the probed address, as without the probe but for the trap number.
func TestU12FaultInTheCopy(t *testing.T) {
	for _, c := range readDir(t, "insn64") {
		if c.name != "segv_load" {
			continue
		}
		got := c.play(t, guestRoot(t, "insn64o"), x86.AMD64)
		require.Empty(t, differences(machineOf{}.as(got[sectionRun]), c.sections[sectionRun]))
		require.Contains(t, got[sectionRun], "trapno=0000000000000000")
		require.Contains(t, got[sectionBaseline], "trapno=000000000000000e")
		return
	}
	require.Fail(t, "no case segv_load")
}

// U16: what cannot be probed is refused when a process maps it, and silently never hit otherwise.
func TestU16RefusedWhileMapped(t *testing.T) {
	root := guestRoot(t, "insn64o")
	for _, c := range readDir(t, "insn64") {
		want := map[string]string{"cli_o": "write rc=-1 errno=524 ENOTSUPP(524)\n", "invalid_c5": "write rc=-1 errno=8 ENOEXEC\n"}[c.name]
		if want == "" {
			continue
		}
		got := c.play(t, root, x86.AMD64)
		require.Equal(t, want+errnoLine(nil), got[sectionEnable], c.name)
		require.Equal(t, errnoLine(nil), got[sectionEarly], c.name)
		require.Empty(t, got[sectionTrace], c.name)
	}
}
