package scenario_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/atomicfile"
	"trapline/internal/engines"
	"trapline/internal/rigs/testkit"
)

const enginesDoc = "../../docs/engines.md"

func gatesText(g engines.Gates) string {
	if g.Probes == "" {
		return ""
	}
	text := fmt.Sprintf("1 and 3 %s, others %s", g.Probes, g.Others)
	if g.UserDebug {
		text += "; ring 3 may use gate 1"
	}
	if g.KernelBounds {
		text += "; ring 3 may not use gate 5"
	}
	return text
}

// TestEnginesTable compares the documented table with the descriptions.
func TestEnginesTable(t *testing.T) {
	text, err := os.ReadFile(enginesDoc)
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(text), "<!-- engines -->\n")
	got, tail, end := strings.Cut(rest, "<!-- end -->\n")
	require.True(t, ok && end)
	var b strings.Builder
	b.WriteString("| engine | stands for | locks | gates | variants | refuses |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, e := range append(engines.All(engines.Kernel), engines.All(engines.Program)[1:]...) {
		var locks, variants, refuses []string
		for _, l := range e.Locks {
			locks = append(locks, fmt.Sprintf("`%s`, a %s (%s)", l.Name, l.Kind, l.ID))
		}
		for _, o := range e.Options {
			variants = append(variants, fmt.Sprintf("`+%s` (%s): %s", o.Name, o.Row, o.About))
		}
		for _, r := range e.Refuses {
			by := ""
			if r.Option != "" {
				by = "`+" + r.Option + "`: "
			}
			refuses = append(refuses, fmt.Sprintf("%s%s (%s, %s)", by, r.What, r.Errno, r.Row))
		}
		gates := gatesText(e.Gates)
		if e.Gates64 != nil {
			gates += "; on x86-64: " + gatesText(*e.Gates64)
		}
		fmt.Fprintf(&b, "| %s | %s: %s | %s | %s | %s | %s |\n", e.Name, e.Kernel, strings.Join(e.Files, ", "),
			strings.Join(locks, "; "), gates, strings.Join(variants, "; "), strings.Join(refuses, "; "))
	}
	if testkit.Updating() {
		text := head + "<!-- engines -->\n" + b.String() + "<!-- end -->\n" + tail
		require.NoError(t, atomicfile.Write(t.Context(), enginesDoc, []byte(text)))
		return
	}
	require.Equal(t, b.String(), got, "go test ./internal/scenario -run TestEnginesTable -update")
}
