package scenario_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/atomicfile"
	"trapline/internal/engines"
	"trapline/internal/explore"
	"trapline/internal/rigs/testkit"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

const generationsDoc = "../../docs/generations.md"

const generationsHead = `# Which generation has which defect

Each cell is a search of every schedule of a built-in scenario under one engine, by its properties alone
(docs/exploring.md says what that proves). A property's name is what some schedule violates, with the row of the
semantics checklist that explains it; "holds" is an exhausted search that found nothing.
This page is written by a test, "go test ./internal/scenario -run TestGenerations -update", and checked by it.

`

const generationsMiddle = `A defect that stays in 2005 is one of the lock or of multiprobe, not of the step. self-modifying-neighbour is the processor's, in all of them.

## See them

`

// columns is the head of a table with a column for each engine, and what they are.
func columns(list []*engines.Engine) (head, about string) {
	head, rule := "| scenario |", "|---|"
	about = "\nThe columns:\n\n"
	for _, e := range list {
		head += " " + e.Name + " |"
		rule += "---|"
		about += "- " + e.Name + " " + e.About + ".\n"
	}
	return head + "\n" + rule + "\n", about + "\n"
}

// TestGenerations searches every race under every engine and compares with the
// documented table.
func TestGenerations(t *testing.T) {
	table, lines := strings.Builder{}, strings.Builder{}
	list, err := scenario.Library()
	require.NoError(t, err)
	for _, b := range list {
		if f, err := scenario.Load(b.Name); b.Group != "races" || err != nil || f.Linux != nil {
			continue
		}
		fmt.Fprintf(&table, "| %s |", b.Name)
		for _, engine := range engines.Names(engines.Kernel)[1:] {
			cell, command := generation(t, b.Name, engine)
			fmt.Fprintf(&table, " %s |", cell)
			lines.WriteString(command)
		}
		table.WriteString("\n")
	}
	head, about := columns(engines.All(engines.Kernel)[1:])
	text := generationsHead + head + table.String() + about + generationsMiddle + lines.String()
	if testkit.Updating() {
		require.NoError(t, atomicfile.Write(t.Context(), generationsDoc, []byte(text)))
		return
	}
	want, err := os.ReadFile(generationsDoc)
	require.NoError(t, err)
	require.Equal(t, string(want), text, "go test ./internal/scenario -run TestGenerations -update")
}

// generation gives one cell, and the line that shows a violation.
func generation(t *testing.T, name, engine string) (cell, command string) {
	f, err := scenario.Load(name)
	require.NoError(t, err)
	given := " --engine " + engine
	if own, _, variant := strings.Cut(f.Machine.Engine, "+"); own == engine {
		given = ""
		if variant {
			engine = f.Machine.Engine
		}
	}
	systems, err := scenario.NewSystems(context.Background(), f, scenario.Options{Engine: engine})
	if errors.Is(err, scenario.ErrNotPossible) {
		return "not possible", ""
	}
	require.NoError(t, err)
	defer systems.Close()
	r, err := explore.Search(context.Background(), systems.New, explore.Options{})
	require.NoError(t, err)
	if r.Found == nil {
		require.True(t, r.Exhausted, "%s under %s: %v", name, engine, r.Verdict())
		return "holds", ""
	}
	sys, err := systems.New()
	require.NoError(t, err)
	defer sys.Close()
	found := explore.Shrink(context.Background(), sys, *r.Found, 0)
	v := replayed(t, f, systems, found)
	if v.Row != "" {
		cell = " (" + v.Row + ")"
	}
	return "**" + v.Property + "**" + cell,
		fmt.Sprintf("    trapline run %s%s --schedule %s\n", name, given, found.Schedule.Format(systems.Checksum()))
}

// replayed runs what was found as trapline run does: the same property must
// be violated (S5).
func replayed(t *testing.T, f *scenario.File, systems *scenario.Systems, found explore.Found) scenario.Violation {
	o := systems.Options()
	r := open(t, f, scenario.Options{Engine: o.Engine, Direct: o.Direct})
	require.NoError(t, r.Follow(context.Background(), sched.NewReplay(found.Schedule), nil))
	for _, v := range r.Violations() {
		if v.Property == found.Violation.Property {
			return v
		}
	}
	require.Failf(t, "not shown again", "%s: %v", f.Name, found.Violation)
	return scenario.Violation{}
}
