package linux

import (
	"context"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/emu/unicorn"
	"trapline/internal/linux/mm"
	"trapline/internal/linux/vfs"
	"trapline/internal/x86"
)

// BenchmarkSpeed runs a SHA-256 loop without a library: in the machine, in the
// bare CPU library (count 0, the machine's memory copied, up to the only system
// call), and natively.
func BenchmarkSpeed(b *testing.B) {
	prog := filepath.Join(b.TempDir(), "program")
	text, err := exec.Command("gcc", "-O1", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie",
		"-fno-tree-loop-distribute-patterns", "-o", prog, filepath.Join("testdata", "steps.c")).CombinedOutput()
	require.NoError(b, err, "%s", text)
	fs, err := vfs.OpenFiles(prog)
	require.NoError(b, err)
	defer fs.Close()
	load := func() *Kernel {
		k, err := New(Config{Path: prog, Args: []string{prog, "bench"}, FS: fs})
		require.NoError(b, err)
		return k
	}
	var insns uint64
	rate := func(b *testing.B) { b.ReportMetric(float64(insns)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Minsns/s") }
	b.Run("machine", func(b *testing.B) {
		for b.Loop() {
			k := load()
			res, err := k.Run(context.Background())
			require.NoError(b, err)
			require.Equal(b, NoBound, res.Bound)
			insns = res.Steps
			k.Close()
		}
		rate(b)
	})
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			k := load()
			r := newBare(b, k, k.init.thr[0])
			r.run()
			const exit = 60
			require.Equal(b, uint64(exit), r.core.GPR[x86.RAX])
			r.close()
			k.Close()
		}
		rate(b)
	})
	b.Run("native", func(b *testing.B) {
		for b.Loop() {
			_ = exec.Command(prog, "bench").Run()
		}
		rate(b)
	})
}

// bare is a thread of a kernel's that goes on in an engine of its own, on a copy
// of its memory.
type bare struct {
	eng    *unicorn.Engine
	ctx    *unicorn.Context
	core   emu.Core
	pieces map[*mm.VMA][]byte
}

func newBare(b *testing.B, k *Kernel, t *Thread) *bare {
	eng, err := unicorn.Open(unicorn.Width64, false)
	require.NoError(b, err)
	r := &bare{eng: eng, core: *t.Core(), pieces: map[*mm.VMA][]byte{}}
	for _, v := range k.init.mm.VMAs() {
		host, err := syscall.Mmap(-1, 0, int(v.End-v.Start), syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		require.NoError(b, err)
		r.pieces[v] = host
		k.init.mm.Read(v.Start, host)
		const all = unicorn.ProtRead | unicorn.ProtWrite | unicorn.ProtExec
		require.NoError(b, eng.Map(v.Start, v.End-v.Start, all, unsafe.Pointer(&host[0])))
	}
	r.ctx, err = eng.NewContext()
	require.NoError(b, err)
	return r
}

func (r *bare) close() {
	r.eng.Close()
	for _, host := range r.pieces {
		_ = syscall.Munmap(host)
	}
}

func (r *bare) write(at uint64, data []byte) {
	for v, host := range r.pieces {
		if at >= v.Start && at < v.End {
			copy(host[at-v.Start:], data)
		}
	}
}

func (r *bare) run() unicorn.Exit {
	var x unicorn.Exit
	r.eng.Run(r.ctx, &r.core, &x, 0, true)
	return x
}

// toCall runs up to the system call at pc, where the library, which would pass
// over a SYSCALL, finds an INT 80h.
func (r *bare) toCall(b *testing.B, pc uint64) {
	x := r.run()
	require.Equal(b, unicorn.Intr, x.Status)
	require.Equal(b, int32(0x80), x.Vector)
	require.Contains(b, []uint64{pc, pc + 2}, r.core.RIP)
}

// answer passes a system call as the machine did.
func (r *bare) answer(c answered) {
	r.write(c.at, c.data)
	r.core.GPR[x86.RAX] = uint64(c.value)
	r.core.RIP = c.pc + 2
	r.core.GPR[x86.RCX], r.core.GPR[x86.R11] = r.core.RIP, r.core.RFLAGS
}

// answered is the end of a system call in the machine.
type answered struct {
	pc    uint64
	value int64
	at    uint64
	data  []byte
	steps uint64
}

// benchBare runs what a program does from the end of its first read to its last
// system call but exit, with the machine's results.
func benchBare(b *testing.B, box string, args ...string) {
	fs, err := vfs.OpenFiles(append(args, box)...)
	require.NoError(b, err)
	defer fs.Close()
	var calls []answered
	var k *Kernel
	load := func() {
		calls = nil
		k, err = New(Config{
			Path: box, Args: append([]string{box}, args...), FS: fs, Quantum: 1,
			OnCall: func(r CallRecord) {
				if r.NoValue || len(calls) == 0 && r.Name != "read" {
					return
				}
				a := answered{pc: k.init.thr[0].Core().RIP - 2, value: r.Value, steps: k.steps}
				if r.Name == "read" && r.Value > 0 {
					a.at, a.data = k.init.thr[0].call.arg[1], make([]byte, r.Value)
					k.init.mm.Read(a.at, a.data)
				}
				calls = append(calls, a)
			},
		})
		require.NoError(b, err)
	}
	load()
	k.cfg.Quantum = defaultQuantum
	res, err := k.Run(context.Background())
	require.NoError(b, err)
	k.Close()
	rest, insns := calls[1:], res.Steps-calls[0].steps
	for b.Loop() {
		b.StopTimer()
		for load(); len(calls) == 0; {
			require.NoError(b, k.runSlice(b.Context(), 0))
		}
		r := newBare(b, k, k.init.thr[0])
		for _, c := range rest {
			r.write(c.pc, []byte{0xcd, 0x80})
		}
		b.StartTimer()
		for _, c := range rest {
			r.toCall(b, c.pc)
			r.answer(c)
		}
		b.StopTimer()
		r.close()
		k.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(insns)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Minsns/s")
}
