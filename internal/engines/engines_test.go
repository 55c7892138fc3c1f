package engines

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDescriptions: each folder's description is whole, its values are known ones
// and its files exist.
func TestDescriptions(t *testing.T) {
	require.Equal(t, []string{"none", "2002", "2005", "modern"}, Names(Kernel))
	require.Equal(t, []string{"none", "uprobes", "uprobes-2005", "uprobes-2005-coded", "uprobes-inline"}, Names(Program))
	row := regexp.MustCompile(`^[A-Z]\d+$`)
	for _, e := range all() {
		t.Run(e.Name, func(t *testing.T) {
			assert.NotEmpty(t, e.Worlds)
			for _, w := range e.Worlds {
				assert.Contains(t, Worlds, w)
			}
			assert.Regexp(t, `^\d{4}-\d{2}$`, e.Since)
			assert.NotEmpty(t, e.Kernel)
			assert.NotEmpty(t, e.Files)
			assert.NotEmpty(t, e.About)
			for _, u := range e.Default {
				assert.Equal(t, e, For(u))
			}
			for _, o := range e.Options {
				assert.Regexp(t, row, o.Row)
				assert.NotEmpty(t, o.About)
				assert.Equal(t, o.Arch == "", o.Because == "")
			}
			for _, l := range e.Locks {
				assert.Contains(t, []LockKind{SpinLock, Mutex, RWLock}, l.Kind)
				assert.Regexp(t, row, l.ID)
			}
			for _, g := range []GateKind{e.Gates.Probes, e.Gates.Others} { // a text's are looked at by TestG0Gates
				assert.Contains(t, []GateKind{"", TrapGate, InterruptGate}, g)
			}
			for _, r := range e.Refuses {
				assert.Regexp(t, row, r.Row)
				assert.Regexp(t, `^E[A-Z]+$`, r.Errno)
				assert.True(t, r.Option == "" || slices.ContainsFunc(e.Options, func(o Option) bool { return o.Name == r.Option }))
			}
			files := slices.Clone(e.Text.C)
			for _, f := range e.Text.Assembly {
				files = append(files, f+"_i386.S", f+"_amd64.S")
			}
			if e.Text.Flow != "" {
				files = append(files, e.Text.Flow)
			}
			for _, f := range files {
				_, err := fs.Stat(Files, f)
				assert.NoError(t, err)
			}
			checkDiagram(t, e)
		})
	}
	for _, u := range []Use{KernelScenarios, ProgramScenarios, KernelCalls} {
		assert.NotNil(t, For(u))
	}
	dirs, err := fs.Glob(Files, "*/"+file)
	require.NoError(t, err)
	assert.Len(t, dirs, len(all()))
}

// checkDiagram: a diagram begins at Away, and has each state once and a way to
// and from it.
func checkDiagram(t *testing.T, e *Engine) {
	assert.Equal(t, e.None(), len(e.States) == 0)
	if e.None() {
		return
	}
	assert.Equal(t, Away, e.States[0].Phase)
	in, out := map[Phase]bool{}, map[Phase]bool{}
	for _, x := range e.Edges() {
		out[x.From], in[x.To] = true, true
	}
	seen := map[Phase]bool{}
	for _, s := range e.States {
		assert.False(t, seen[s.Phase])
		assert.True(t, in[s.Phase] && out[s.Phase], "%s", s.Name)
		seen[s.Phase] = true
	}
	for p := range in {
		assert.True(t, seen[p], "phase %d has no state", p)
	}
}

// A phase is a name in a description, and a number wherever it is written.
func TestPhaseInJSON(t *testing.T) {
	var p, q Phase
	require.NoError(t, json.Unmarshal([]byte(`"hit ss"`), &p))
	assert.Equal(t, HitSS, p)
	text, err := json.Marshal(p)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &q))
	assert.Equal(t, p, q)
	assert.ErrorContains(t, json.Unmarshal([]byte(`"nowhere"`), &p), `phase "nowhere"`)
}

// Names with options are read, and what is wrong with them is said.
func TestParse(t *testing.T) {
	e, options, err := Parse(Kernel, "modern+int3+boost")
	require.NoError(t, err)
	assert.Equal(t, "modern", e.Name)
	assert.Len(t, options, 2)
	for name, want := range map[string]string{
		"uprobes":    `engine "uprobes": expected one of none, 2002, 2005, modern`,
		"modern+":    `engine "modern+": expected an option behind +: one of 2002+preempt-enable, modern+boost, modern+int3`,
		"2005+boost": `engine 2005 has no option "boost": expected one of 2002+preempt-enable, modern+boost, modern+int3`,
		"x":          `engine "x": expected one of none, 2002, 2005, modern`,
	} {
		_, _, err := Parse(Kernel, name)
		assert.EqualError(t, err, want)
	}
}

// TestOptionsWithoutMicroSteps: an option that only the text knows keeps a run on
// the text.
func TestOptionsWithoutMicroSteps(t *testing.T) {
	for _, name := range slices.Concat([]string{"none", "2002"}, Options(Kernel)) {
		require.True(t, Direct(name), name)
	}
	e := Of("2002")
	defer func(l []Option) { e.Options = l }(e.Options)
	e.Options = append(slices.Clone(e.Options), Option{Name: "own", Word: "kprobe_own"})
	require.True(t, Direct("2002"))
	require.False(t, Direct("2002+own"))
	require.False(t, Direct("2002+preempt-enable+own"))
	require.False(t, Direct("2002+unknown"))
}
