package scenario_test

import (
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu/insn"
	"trapline/internal/scenario"
)

const ordinary = "testdata/real/ordinary.c"

// compile builds the C file, or skips where there is no compiler for it.
func compile(t *testing.T, out string, flags ...string) string {
	t.Helper()
	out = filepath.Join(t.TempDir(), out)
	cmd := exec.Command("gcc", append(flags, "-O2", "-o", out, ordinary)...)
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("gcc %s: %v\n%s", strings.Join(flags, " "), err, b)
	}
	return out
}

// native runs the C file as an ordinary program of this machine: what the
// functions really return.
func native(t *testing.T) []string {
	t.Helper()
	b, err := exec.Command(compile(t, "native", "-DNATIVE")).Output()
	require.NoError(t, err)
	return strings.Fields(string(b))
}

// instructionsOf lists the instruction boundaries of every function.
func instructionsOf(t *testing.T, path string, mode insn.Mode) (functions, all []string) {
	t.Helper()
	f, err := elf.Open(path)
	require.NoError(t, err)
	defer f.Close()
	syms, err := f.Symbols()
	require.NoError(t, err)
	text := f.Section(".text")
	code, err := text.Data()
	require.NoError(t, err)
	for _, s := range syms {
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || s.Name == "_start" {
			continue
		}
		functions = append(functions, s.Name)
		for off := uint64(0); off < s.Size; {
			all = append(all, fmt.Sprintf("%s+%d", s.Name, off))
			in, err := insn.Decode(code[s.Value-text.Addr+off:], mode)
			require.NoError(t, err)
			off += uint64(in.Len)
		}
	}
	return functions, all
}

// TestRealInput calls compiled C functions with probes of engine 2002 on
// functions and on single instructions: what they return is what they return
// natively, and each probe is hit as often as its instruction runs without.
func TestRealInput(t *testing.T) {
	want := native(t)
	for _, c := range []struct {
		arch  string
		mode  insn.Mode
		flags []string
	}{
		{"i386", insn.Mode32, []string{"-m32"}},
		{"x86_64", insn.Mode64, []string{"-m64", "-mno-red-zone", "-mgeneral-regs-only"}},
	} {
		t.Run(c.arch, func(t *testing.T) {
			flags := append(c.flags, "-ffreestanding", "-nostdlib", "-static", "-fno-pic", "-no-pie", "-fno-stack-protector")
			path := compile(t, "ordinary.elf", flags...)
			functions, all := instructionsOf(t, path, c.mode)
			require.Greater(t, len(all), 250)
			probes := functions
			for i := 3; i < len(all); i += 11 {
				if !slices.Contains(functions, strings.TrimSuffix(all[i], "+0")) {
					probes = append(probes, all[i])
				}
			}
			f := load(t, path, scenarioText(c.arch, probes, want))
			plain := finish(t, f, "none")
			probed := finish(t, f, "2002")
			assert.Empty(t, probed.Judge(true))
			assert.Equal(t, plain.Results(), probed.Results())
			hit := 0
			for i, p := range kernelRun(probed).Probes.Probes() {
				runs := kernelRun(plain).Probes.Stats(i).Executions
				assert.Equal(t, runs, kernelRun(probed).Probes.Stats(i).Hits, p.Name)
				if runs > 0 {
					hit++
				}
			}
			assert.Greater(t, hit, 30, "probes that were hit")
		})
	}
}

func scenarioText(arch string, probes, want []string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Compiled C under probes.\n-- machine --\narch %s\nsteps 5000000\n-- program --\npath \"ordinary.elf\"\n", arch)
	for i, call := range []string{"sort_both 2463534242 48", "search_all", "power_of_three 40", "ackermann 2 3", "decimal 4022250974"} {
		fmt.Fprintf(&b, "call %s = %s\n", call, want[i])
	}
	b.WriteString("-- probes --\n")
	for i, p := range probes {
		fmt.Fprintf(&b, "p%d at %s\n", i, p)
	}
	return b.String()
}

func load(t *testing.T, elfPath, text string) *scenario.File {
	t.Helper()
	dir := filepath.Dir(elfPath)
	file := filepath.Join(dir, "real"+scenario.Ext)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	f, err := scenario.Load(file)
	require.NoError(t, err)
	return f
}

func finish(t *testing.T, f *scenario.File, engine string) *scenario.Run {
	t.Helper()
	r, err := scenario.Open(context.Background(), f, scenario.Options{Engine: engine})
	require.NoError(t, err)
	t.Cleanup(r.Close)
	require.NoError(t, r.Finish(context.Background(), nil))
	return r
}

// TestProgramFlawsHaveAPlace: files that are no program for the machine.
func TestProgramFlawsHaveAPlace(t *testing.T) {
	const text = "A program.\n-- program --\npath \"p.elf\"\ncall main\n"
	for name, c := range map[string]struct{ data, want string }{
		"not ELF":   {"hello", "s.txtar:3:1: p.elf: not an ELF file"},
		"truncated": {"\x7fELF\x01\x01\x01", "s.txtar:3:1: p.elf: "},
	} {
		fsys := fstest.MapFS{"s.txtar": {Data: []byte(text)}, "p.elf": {Data: []byte(c.data)}}
		f, err := scenario.LoadFS(fsys, "s.txtar")
		require.NoError(t, err)
		_, err = scenario.Open(context.Background(), f, scenario.Options{})
		require.Error(t, err, name)
		assert.Contains(t, err.Error(), c.want, name)
	}
}
