package judge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/x86"
)

// watched runs a situation under a text.
func watched(x text, p *program, sit *situation) (*watch, error) {
	m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 1})
	if err != nil {
		return nil, err
	}
	defer m.Close()
	s, err := x.boot(m)
	if err != nil {
		return nil, err
	}
	if err := p.load(s, sit.task, sit.on); err != nil {
		return nil, err
	}
	w := &watch{side: s, p: p, bound: maxLines, raise: map[uint64]x86.Vector{}, during: maps.Clone(sit.during)}
	for label, vec := range sit.raise {
		at, ok := p.labels[label]
		if !ok {
			return nil, fmt.Errorf("no label %s", label)
		}
		w.raise[at] = vec
	}
	if sit.on != "" {
		w.bound = maxSteps
	}
	w.run()
	if sit.on != "" {
		w.lines = w.lines[slices.IndexFunc(w.lines, func(l string) bool { return strings.HasPrefix(l, end) }):]
	}
	return w, nil
}

// difference is the first place where two runs differ, with what came before.
func difference(a, b []string) string {
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			return fmt.Sprintf("%s\n- %s\n+ %s", strings.Join(a[max(0, i-6):i], "\n"), x, y)
		}
	}
	return ""
}

// ours2002 are the C text of engine 2002 and its micro-steps.
func ours2002() []text {
	return []text{ourText("2002", false), ourText("2002", true)}
}

func seed2002(t *testing.T) *text2002 {
	s, err := parse2002(readSeed(t, "000"))
	require.NoError(t, err)
	return s
}

// The patch makes gates 1 and 3 what the engine's IDT has (K1).
func TestGates2002(t *testing.T) {
	seed := seed2002(t)
	m, err := emu.New(emu.Config{Arch: x86.I386, CPUs: 1})
	require.NoError(t, err)
	defer m.Close()
	s, err := ourText("2002", false).boot(m)
	require.NoError(t, err)
	var seen []string
	for vec := range 256 {
		if g := s.k.Gate(m.CPUs[0].Space, x86.Vector(vec)); vec == 1 || vec == 3 {
			seen = append(seen, fmt.Sprint(vec, " ", g.Type, " ", g.DPL, " ", s.k.Name(g.Offset)))
		}
	}
	var want []string
	for _, g := range seed.gates {
		want = append(want, strings.Join(g[:], " "))
	}
	require.Equal(t, want, seen)
}

func TestSituations2002(t *testing.T) {
	seed := seed2002(t)
	ours := ours2002()
	for _, o := range optimisations {
		img, err := seed.image(o)
		require.NoError(t, err)
		judge := seedText("seed "+o, img)
		for _, sit := range situations {
			t.Run(o+" "+sit.name, func(t *testing.T) {
				p, err := assemble(sit.name, sit.text, sit.noPre)
				require.NoError(t, err)
				want, err := watched(judge, p, &sit)
				require.NoError(t, err)
				for _, x := range ours {
					if x.direct && sit.on != "" {
						continue
					}
					got, err := watched(x, p, &sit)
					require.NoError(t, err)
					assert.Empty(t, difference(want.lines, got.lines), x.name)
					if !sit.noPre && sit.on == "" {
						assert.Equal(t, want.hits, got.counted(), "%s counts hits", x.name)
					}
				}
			})
		}
	}
}

// counted is the hits that the manager counted.
func (w *watch) counted() []int {
	counts := make([]int, len(w.p.probes))
	for i := range counts {
		counts[i] = int(w.g.Stats(i).Hits)
	}
	return counts
}
