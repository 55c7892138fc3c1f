package scenario_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/asm"
	"trapline/internal/scenario"
)

// TestLessons, TestRaces and TestRegress judge every built-in scenario: golden steps,
// listings, and exactly the expected violations.
func TestLessons(t *testing.T) { scenario.Test(t, os.DirFS("../../scenarios/lessons")) }

func TestRaces(t *testing.T) { scenario.Test(t, os.DirFS("../../scenarios/races")) }

func TestRegress(t *testing.T) { scenario.Test(t, os.DirFS("../../scenarios/regress")) }

// TestListingsAreFresh reassembles every built-in scenario.
func TestListingsAreFresh(t *testing.T) {
	list, err := scenario.Library()
	require.NoError(t, err)
	for _, b := range list {
		f, err := scenario.Load(b.Name)
		require.NoError(t, err)
		if f.Source == nil {
			continue
		}
		require.NotNil(t, f.Listing, "%s has no text.lst: trapline check --write", b.Name)
		_, listing, err := scenario.Assemble(context.Background(), f.File)
		if errors.Is(err, asm.ErrNoAssembler) {
			t.Skip(err)
		}
		require.NoError(t, err, b.Name)
		assert.Equal(t, string(listing), f.Listing.Text, "%s: stale text.lst: trapline check --write", b.Name)
	}
}

func TestLibraryIsDescribed(t *testing.T) {
	list, err := scenario.Library()
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, b := range list {
		assert.False(t, seen[b.Name], "two scenarios named %s", b.Name)
		seen[b.Name] = true
		assert.LessOrEqual(t, len(b.Title), 120, "%s: %s", b.Name, b.Title)
		assert.Greater(t, len(b.Title), 20, b.Name)
	}
	for _, name := range []string{
		"first-probe", "trap-vs-interrupt-gate", "user-int1", "if-modifiers", "prefixed-popf", "pushf-fixup",
		"fault-in-step", "fault-handler-fixes", "fault-in-pre-handler", "fault-in-post-handler", "reentry-lost",
		"probe-the-prober", "probe-on-int3", "misplaced-probe", "orig-eax", "step-over-int", "rep-and-tf",
		"mov-ss-shadow", "debugger-was-stepping", "x86-64-first-probe",
		"xol-slot", "rip-relative", "branch-emulation", "push-emulation", "call-emulation-stack-fault", "uretprobe",
		"uretprobe-recursion-longjmp", "cow-two-processes", "filter-by-process", "signal-during-step", "popf-tf",
		"threads-inline-miss", "threads-xol", "stack-xol-as-described", "stack-xol-as-coded", "callw-intel-amd",
	} {
		assert.True(t, seen[name], name)
	}
}
