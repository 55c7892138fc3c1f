package scenario_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/atomicfile"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
)

const userGenerationsDoc = "../../docs/user-generations.md"

const userGenerationsHead = `# Which generation of user probes has which defect

Each cell is what goes wrong first when a built-in scenario is run under an engine: missed hits, signals that end
the program, an end that differs from the one without probes, or a condition of the scenario's own. "holds" is
nothing; "refused" is that the engine does not take all of the probes. For the scenarios of threads every schedule
was searched. U16 is what a program can tell of today's uprobes.
This page is written by a test, "go test ./internal/scenario -run TestUserGenerations -update", and checked by it.

`

const userGenerationsFoot = `None but uprobes has return probes. It in turn refuses instructions that it cannot step rightly (row U4).

What breaks under uprobes-2005 is what its one fix-up, the distance taken off eip, is wrong for (row O3): calls and
returns, operands found from rip, and popf, whose TF it clears. Under uprobes-2005-coded any probe breaks that is hit with
the stack pointer in the stack's last page, where a small program has it (row O6). Both write into the page of a thread's
stack, which in the scenarios of threads is part of the program's data.
`

// TestUserGenerations runs every scenario of a Linux program under every engine
// and compares with the documented table.
func TestUserGenerations(t *testing.T) {
	table := strings.Builder{}
	columnsInTime := engines.All(engines.Program)[1:]
	slices.SortStableFunc(columnsInTime, func(a, b *engines.Engine) int { return strings.Compare(a.Since, b.Since) })
	list, err := scenario.Library()
	require.NoError(t, err)
	for _, b := range list {
		f, err := scenario.Load(b.Name)
		require.NoError(t, err)
		if f.Linux == nil || !slices.Contains(engines.Probing(engines.Program), f.Machine.Engine) {
			continue // TestO6GlobalsNeedTheLock has the other
		}
		fmt.Fprintf(&table, "| %s |", b.Name)
		for _, e := range columnsInTime {
			fmt.Fprintf(&table, " %s |", userGeneration(t, f, e.Name, b.Group == "races"))
		}
		table.WriteString("\n")
	}
	head, about := columns(columnsInTime)
	text := userGenerationsHead + head + table.String() + about + userGenerationsFoot
	if testkit.Updating() {
		require.NoError(t, atomicfile.Write(t.Context(), userGenerationsDoc, []byte(text)))
		return
	}
	want, err := os.ReadFile(userGenerationsDoc)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "go test ./internal/scenario -run TestUserGenerations -update")
}

// userGeneration gives one cell.
func userGeneration(t *testing.T, f *scenario.File, engine string, search bool) string {
	if search {
		if rep := searchedIn(t, f, engine); rep.Found != nil {
			return "**" + rep.Found.Violation.Property + "**"
		}
		return "holds"
	}
	r := open(t, f, scenario.Options{Engine: engine})
	for range mostSteps {
		cpu, ok := r.Next()
		if !ok {
			break
		}
		r.Step(cpu)
	}
	switch {
	case slices.ContainsFunc(r.ProbeEnds(), func(p scenario.ProbeEnd) bool { return p.State == "refused" }):
		return "refused"
	case r.Exit() == "":
		return "**does not end**"
	}
	if l := r.Violations(); len(l) > 0 {
		v := l[0]
		cell := "**" + v.Property + "**"
		if i := slices.IndexFunc(f.Expect, func(e format.Expectation) bool { return e.Property == v.Property }); i >= 0 && engine == f.Machine.Engine {
			cell += " (" + f.Expect[i].Row + ")"
		}
		return cell
	}
	return "holds"
}

// mostSteps is more than any of the programs takes that ends.
const mostSteps = 5000

// searchedIn searches every schedule.
func searchedIn(t *testing.T, f *scenario.File, engine string) *explore.Report {
	s, err := scenario.NewSystems(context.Background(), f, scenario.Options{Engine: engine})
	require.NoError(t, err)
	defer s.Close()
	rep, err := explore.Search(context.Background(), s.New, explore.Options{})
	require.NoError(t, err)
	require.True(t, rep.Found != nil || rep.Exhausted, "%s under %s: %v", f.Name, engine, rep.Verdict())
	return rep
}

// U12: whenever the signal comes, no handler is shown an address in a slot. The
// races' searches are in the table.
func TestU12SignalAtEveryMoment(t *testing.T) {
	f, err := scenario.Load("signal-during-step")
	require.NoError(t, err)
	rep := searchedIn(t, f, f.Machine.Engine)
	assert.Nil(t, rep.Found)
	assert.True(t, rep.Exhausted)
}

// The lessons are listed where a reader looks for them.
func TestUserLessonsAreListed(t *testing.T) {
	doc, err := os.ReadFile("../../docs/uprobes.md")
	require.NoError(t, err)
	for _, name := range scenario.Names() {
		f, err := scenario.Load(name)
		require.NoError(t, err)
		if f.Linux != nil {
			assert.Contains(t, string(doc), "| `"+name+"` |")
		}
	}
}

// O6: the RFC's variables are right as long as one lock is held through a step.
func TestO6GlobalsNeedTheLock(t *testing.T) {
	f, err := scenario.Load("stack-xol-globals")
	require.NoError(t, err)
	require.NotNil(t, searchedIn(t, f, f.Machine.Engine).Found)
	require.Nil(t, searchedIn(t, f, "uprobes-2005-coded").Found)
}

// U10: the same program on either vendor's processor.
func TestU10Vendors(t *testing.T) {
	for vendor, exit := range map[string]string{"amd": "exit 2", "intel": "exit 1"} {
		f, err := scenario.Load("callw-intel-amd")
		require.NoError(t, err)
		f.Machine.Vendor = vendor
		r := open(t, f, scenario.Options{})
		for cpu, ok := r.Next(); ok; cpu, ok = r.Next() {
			r.Step(cpu)
		}
		assert.Equal(t, exit, r.Exit(), vendor)
	}
}

// TestLevels: the key cpuid says which instructions a program has.
func TestLevels(t *testing.T) {
	const text = "A program.\n-- machine --\narch x86_64\ncpuid %s\n-- linux --\n-- text.S --\n" +
		"_start: vpaddd %%ymm1,%%ymm1,%%ymm1\n mov $7,%%edi\n mov $60,%%eax\n syscall\n"
	for level, exit := range map[string]string{"v2": "killed by SIGILL", "v3": "exit 7"} {
		r := open(t, parse(t, fmt.Sprintf(text, level)), scenario.Options{})
		require.NoError(t, r.Finish(t.Context(), nil))
		assert.Equal(t, exit, r.Done(), level)
	}
}
