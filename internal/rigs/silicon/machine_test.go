package silicon_test

import (
	"flag"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/silicon"
	"trapline/internal/rigs/silicon/compiled"
	"trapline/internal/rigs/silicon/generate"
	"trapline/internal/rigs/silicon/simulated"
	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

var (
	sequences = flag.Uint64("sequences", 20_000, "generated sequences compared in each mode")
	seed      = flag.Uint64("seed", 1, "seed of the generated sequences and of the data of compiled functions")
)

// machine makes a simulated machine for the length of a test.
func machine(t testing.TB, mode silicon.Mode) *simulated.Machine {
	t.Helper()
	m, err := simulated.Open(mode)
	require.NoError(t, err)
	t.Cleanup(m.Close)
	return m
}

// machines are all that run programs of a mode: under a kernel of its width, and in
// compatibility mode under a 64-bit kernel.
func machines(t testing.TB, mode silicon.Mode) map[string]*simulated.Machine {
	t.Helper()
	all := map[string]*simulated.Machine{mode.String(): machine(t, mode)}
	if mode == silicon.Mode32 {
		m, err := simulated.OpenCompatibility()
		require.NoError(t, err)
		t.Cleanup(m.Close)
		all["compatibility mode"] = m
	}
	return all
}

// fromOtherVendors is silicon.OtherVendors where the processor that runs the test is another vendor's.
func fromOtherVendors() []*silicon.Exception {
	if testkit.ProcessorIsOther() {
		return silicon.OtherVendors()
	}
	return nil
}

// TestMachineAgreesWithProcessor steps compiled C functions and generated sequences on both
// sides, and allows no difference but those in silicon.KnownDifferences, and of other vendors' processors
// those in silicon.OtherVendors.
func TestMachineAgreesWithProcessor(t *testing.T) {
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			p, all := processor(t, mode), machines(t, mode)
			c := silicon.Comparer{Exceptions: slices.Concat(silicon.KnownDifferences(), fromOtherVendors())}
			compare := func(name any, program *silicon.Program, maxSteps int) {
				want, err := p.Run(program, maxSteps)
				require.NoError(t, err)
				for kind, m := range all {
					got, err := m.Run(program, maxSteps)
					require.NoError(t, err, "%v", name)
					if d := c.Compare(program, want, got); d != nil {
						t.Errorf("%v, %s: %s", name, kind, d)
					}
				}
			}
			calls, err := compiled.Calls(mode, *seed)
			require.NoError(t, err)
			for _, call := range calls {
				compare(call.Name, call.Program, compiled.MaxSteps)
			}
			require.Equal(t, len(calls)*len(all), c.Programs)
			g := generate.New(generate.Config{Mode: mode, Seed: *seed, Groups: generate.AllGroups})
			for i := range *sequences {
				compare(i, g.Sequence(i).Program, maxSteps)
			}
			t.Logf("%d programs, %d steps; %d cut short at an undefined flag, %d at a known difference",
				c.Programs, c.Steps, c.Cut, c.Parted)
			for _, e := range c.Exceptions {
				t.Logf("%6d  %s", e.Count, e.Reason)
			}
		})
	}
}

// TestMachineTakesTheProcessorsTraps runs the programs that set their own trap flag (P6-P11) on
// both sides: the same signals after the same instructions, with the same registers.
func TestMachineTakesTheProcessorsTraps(t *testing.T) {
	const maxTraps = 20
	for _, mode := range silicon.Modes {
		p, all := processor(t, mode), machines(t, mode)
		for _, program := range silicon.TrapProgramsFor(mode) {
			t.Run(mode.String()+" "+program.ID+" "+program.Name, func(t *testing.T) {
				want, err := p.RunTraps(program.Program, maxTraps)
				require.NoError(t, err)
				repeated := testkit.ProcessorIsOther() && strings.HasPrefix(program.Name, "rep ")
				for i := range want {
					if repeated && want[i].State.RIP == want[0].State.RIP { // the string instruction's: see silicon.OtherVendors
						want[i].State.RFLAGS &^= x86.RF
					}
				}
				for kind, m := range all {
					got, err := m.RunTraps(program.Program, maxTraps)
					require.NoError(t, err)
					require.Equal(t, want, got, kind)
				}
			})
		}
	}
}

// TestMachineTakesTheManualsTraps is the same against the manual's table, for where the
// processor cannot be stepped.
func TestMachineTakesTheManualsTraps(t *testing.T) {
	const maxTraps = 20
	for _, mode := range silicon.Modes {
		m := machine(t, mode)
		for _, program := range silicon.TrapProgramsFor(mode) {
			t.Run(mode.String()+" "+program.ID+" "+program.Name, func(t *testing.T) {
				traps, err := m.RunTraps(program.Program, maxTraps)
				require.NoError(t, err)
				require.Equal(t, program.Want, program.Seen(traps))
			})
		}
	}
}

// TestMachineChecksAlignment is the same for integer sequences with EFLAGS.AC set: ring 3
// takes #AC for what is not aligned (SDM vol. 3, 6.15, vector 17).
func TestMachineChecksAlignment(t *testing.T) {
	const integer = generate.Arithmetic | generate.Multiply | generate.Divide | generate.Shift | generate.Bit | generate.Move |
		generate.Movbe | generate.Conditional | generate.Exchange | generate.Stack | generate.String | generate.Wild
	for _, mode := range silicon.Modes {
		t.Run(mode.String(), func(t *testing.T) {
			p, all := processor(t, mode), machines(t, mode)
			c := silicon.Comparer{Exceptions: fromOtherVendors()}
			g := generate.New(generate.Config{Mode: mode, Seed: *seed, Groups: integer})
			misaligned := 0
			for i := range *sequences / 10 {
				s := g.Sequence(i)
				s.Program.Init.RFLAGS |= silicon.AC
				want, err := p.Run(s.Program, maxSteps)
				require.NoError(t, err)
				for kind, m := range all {
					got, err := m.Run(s.Program, maxSteps)
					require.NoError(t, err)
					if d := c.Compare(s.Program, want, got); d != nil {
						t.Errorf("sequence %d %v, %s: %s", i, s.Units, kind, d)
					}
				}
				if want[len(want)-1].Signal.Number == silicon.SIGBUS {
					misaligned++
				}
			}
			t.Logf("%d of %d sequences ended in SIGBUS", misaligned, c.Programs/len(all))
			require.Greater(t, misaligned, c.Programs/len(all)/20)
		})
	}
}
