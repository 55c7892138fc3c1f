package emu

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSnapshotHasEveryFieldOfACPU: a field that is added to CPU is part of its
// snapshots, or named here as one that belongs to the process.
func TestSnapshotHasEveryFieldOfACPU(t *testing.T) {
	const process = " ID bus ctx initial on last x saved "
	cpu, state := reflect.TypeFor[CPU](), reflect.TypeFor[cpuState]()
	for i := range cpu.NumField() {
		name := cpu.Field(i).Name
		if strings.Contains(process, " "+name+" ") {
			continue
		}
		_, ok := state.FieldByName(strings.ToLower(name[:1]) + name[1:])
		require.True(t, ok, "CPU.%s is in no snapshot", name)
	}
}
