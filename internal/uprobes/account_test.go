package uprobes

import (
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// benchProgram is testdata/bin/bench64.
type benchProgram struct {
	path  string
	size  uint64
	file  FileID
	image *loader.Image
}

func readBenchProgram(t testing.TB) *benchProgram {
	path, err := filepath.Abs("testdata/bin/bench64")
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	image, err := loader.ReadELF(data, loader.Options{})
	require.NoError(t, err)
	st, err := os.Stat(path)
	require.NoError(t, err)
	sys := st.Sys().(*syscall.Stat_t)
	return &benchProgram{path, uint64(len(data)), FileID{sys.Dev, sys.Ino}, image}
}

// place is where one of its symbols is.
func (p *benchProgram) place(t testing.TB, symbol string) Place {
	sym, ok := p.image.Symbols.Lookup(symbol)
	require.True(t, ok, symbol)
	off, ok := p.image.OffsetOfAddr(sym.Addr)
	require.True(t, ok)
	return Place{File: p.file, Offset: off}
}

// load maps it, to be run for as many turns as the argument says; "" is no argument.
func (p *benchProgram) load(t testing.TB, turns string, hooks linux.Hooks, w linux.Watcher) *linux.Kernel {
	fs, err := vfs.OpenFiles(p.path)
	require.NoError(t, err)
	t.Cleanup(func() { _ = fs.Close() })
	args := []string{p.path}
	if turns != "" {
		args = append(args, turns)
	}
	k, err := linux.New(linux.Config{Path: p.path, Args: args, FS: fs, Hooks: hooks, Watch: w, Limits: linux.Limits{Steps: 1 << 62}})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k
}

var everyKind = []string{"p_nop", "p_push", "p_step", "p_rip", "p_branch", "p_call", "p_return"}

// counting is a uprobe's consumer, or of the function p_return a return probe's.
func counting(symbol string) *Consumer {
	if symbol == "p_return" {
		return &Consumer{Return: func(*Hit) {}}
	}
	return &Consumer{Handler: func(*Hit) bool { return false }}
}

// U9: the traps of each kind, as the run counts them.
func TestU9TrapsCounted(t *testing.T) {
	p := readBenchProgram(t)
	s := New(Options{})
	a := NewAccount(s)
	k := p.load(t, "1000", s, a)
	for _, name := range everyKind {
		require.Zero(t, s.Register(p.place(t, name), p.size, counting(name)))
	}
	res, err := k.Run(context.Background())
	require.NoError(t, err)
	require.Zero(t, res.ExitStatus())
	require.Equal(t, []TrapCount{
		{KindNop, 2000, 2000, 0}, {KindPush, 1000, 1000, 0}, {KindBranch, 1000, 1000, 0}, {KindCall, 1000, 1000, 0},
		{KindRIPRelative, 1000, 1000, 1000}, {KindOrdinary, 1000, 1000, 1000}, {KindReturn, 1000, 1000, 0},
	}, a.Traps())
}

// names are the micro-steps of a story, instructions as their bytes, traps as their vectors.
func names(events []*emu.Event) []any {
	var l []any
	for _, ev := range events {
		switch {
		case ev.Delivery != nil:
			l = append(l, ev.Delivery.Trap.Vector)
		case ev.Micro != nil:
			l = append(l, ev.Micro.Name)
		default:
			l = append(l, ev.Bytes)
		}
	}
	return l
}

// The first hit of each uprobe is told, of a run that is otherwise free and ends as it does unwatched.
func TestFirstHitIsTold(t *testing.T) {
	p := readBenchProgram(t)
	var steps [2]uint64
	for watched := range 2 {
		s := New(Options{})
		var w linux.Watcher
		var a *Account
		if watched == 1 {
			a = NewAccount(s)
			w = a
		}
		k := p.load(t, "50", s, w)
		for _, name := range everyKind {
			require.Zero(t, s.Register(p.place(t, name), p.size, counting(name)))
		}
		res, err := k.Run(context.Background())
		require.NoError(t, err)
		require.Zero(t, res.ExitStatus())
		steps[watched] = res.Steps
		if a == nil {
			continue
		}
		rip := a.Story(p.place(t, "p_rip"))
		require.Equal(t, []any{x86.VecBP, "handle_swbp", "handler_chain", "pre_ssout",
			[]byte{0x48, 0x8b, 0x86, 0x15, 0, 0, 0}, x86.VecDB, "handle_singlestep"}, names(rip.Hit))
		sent := rip.Hit[3]
		require.NotEqual(t, sent.Before.GPR[x86.RSI], sent.After.GPR[x86.RSI], "the scratch register")
		require.Equal(t, sent.Before.GPR[x86.RSI], rip.Hit[6].After.GPR[x86.RSI])
		ret := a.Story(p.place(t, "p_return"))
		require.Equal(t, []any{x86.VecBP, "handle_swbp", "handler_chain", "prepare_uretprobe", "arch_uprobe_skip_sstep"}, names(ret.Hit))
		require.Equal(t, []any{x86.VecBP, "handle_trampoline"}, names(ret.Return))
	}
	require.Equal(t, steps[0], steps[1])
}
