package emu

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// TestSnapshotHasEveryFieldOfACPU: a field that is added to CPU is part of its
// snapshots, or named here as one that belongs to the process.
func TestSnapshotHasEveryFieldOfACPU(t *testing.T) {
	const process = " ID bus ctx extIn on last x saved "
	cpu, state := reflect.TypeFor[CPU](), reflect.TypeFor[cpuState]()
	for i := range cpu.NumField() {
		name := cpu.Field(i).Name
		if strings.Contains(process, " "+name+" ") {
			continue
		}
		field := strings.ToLower(name[:1]) + name[1:]
		_, ok := state.FieldByName(field)
		_, apart := reflect.TypeFor[cpuSnapshot]().FieldByName(field)
		require.True(t, ok || apart, "CPU.%s is in no snapshot", name)
	}
}

// TestSnapshotHasTheUpperHalves: the upper halves of YMM registers, which
// FXSAVE's layout does not hold, go with snapshots, contexts and hashes.
func TestSnapshotHasTheUpperHalves(t *testing.T) {
	m, c := newTest(t, x86.AMD64, 0x90)
	initial := m.Hash(true)
	c.changeExtended().YMM[5][3] = 7
	changed := m.Hash(true)
	require.NotEqual(t, initial, changed)
	var thread Context
	c.SaveContext(&thread)
	s := m.Snapshot()
	c.changeExtended().YMM[5][3] = 0
	require.Equal(t, initial, m.Hash(true))
	m.Restore(s)
	require.Equal(t, changed, m.Hash(true))
	c.LoadContext(NewContext(c.Core))
	require.Equal(t, initial, m.Hash(true))
	c.LoadContext(&thread)
	require.Equal(t, changed, m.Hash(true))
}
