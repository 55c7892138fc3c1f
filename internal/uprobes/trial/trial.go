// Package trial runs a program with probes and without, and compares what came of it.
package trial

import (
	"bytes"
	"context"
	"crypto/sha256"
	"hash"
	"time"

	"trapline/internal/linux"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
	"trapline/internal/uprobes"
)

// Probe is a probe of a trial.
type Probe struct {
	Path   string // of the file, as the program finds it
	Offset uint64 // in the file
	Return bool   // a return probe on the function that begins there
}

// Trial is a program that is run several times.
type Trial struct {
	// Config describes a run. What its processes read and write, its clock and its Hooks are the trial's.
	Config linux.Config
	Input  []byte // standard input of each run
	Engine uprobes.Engine
}

// MaxKept bounds what is kept of an output, in bytes; of a longer one the length and a hash are compared.
const MaxKept = 1 << 20

// Output is what a program wrote to one of its streams.
type Output struct {
	First  []byte // at most MaxKept bytes
	Length uint64
	Hash   [sha256.Size]byte // of all
}

// Outcome is what came of a run.
type Outcome struct {
	Result         linux.Result
	Stdout, Stderr Output
	Files          map[string]string // linux.Kernel.Fingerprints
	Hits           uint64            // of entry probes; of return probes the returns
	Refused        []Refusal
	Log            []string // what uprobes say in the kernel's log
}

// Refusal is a probe that was not accepted with the program mapped.
type Refusal struct {
	Probe
	Err error
}

// maxLog bounds the lines of the kernel's log that are kept.
const maxLog = 16

// Run runs the program under probes. An error is one of the machine, or of the program's file.
func (t *Trial) Run(ctx context.Context, probes []Probe) (Outcome, error) {
	var o Outcome
	cfg := t.Config
	stdout, stderr := newRecorder(), newRecorder()
	cfg.Stdin, cfg.Stdout, cfg.Stderr = bytes.NewReader(t.Input), stdout, stderr
	cfg.Clock = &clock{}
	system := uprobes.New(uprobes.Options{Engine: t.Engine, Printk: func(line string) {
		if len(o.Log) < maxLog {
			o.Log = append(o.Log, line)
		}
	}})
	cfg.Hooks = system
	k, err := linux.New(cfg)
	if err != nil {
		return o, err
	}
	defer k.Close()
	files := map[string]abi.Kstat{}
	for _, p := range probes {
		st, known := files[p.Path]
		if !known {
			info, err := cfg.FS.Stat(p.Path)
			if err != nil {
				return o, err
			}
			st = vfs.StatOf(info)
			files[p.Path] = st
		}
		c := &uprobes.Consumer{Handler: func(*uprobes.Hit) bool { o.Hits++; return false }}
		if p.Return {
			c = &uprobes.Consumer{Return: func(*uprobes.Hit) { o.Hits++ }}
		}
		place := uprobes.Place{File: uprobes.FileID{Dev: st.Dev, Ino: st.Ino}, Offset: p.Offset}
		if errno := system.Register(place, uint64(st.Size), c); errno != 0 {
			o.Refused = append(o.Refused, Refusal{p, errno})
		}
	}
	o.Result, err = k.Run(ctx)
	o.Stdout, o.Stderr, o.Files = stdout.output(), stderr.output(), k.Files().Fingerprints()
	return o, err
}

// recorder keeps what is written to it.
type recorder struct {
	Output
	hash hash.Hash
}

func newRecorder() *recorder { return &recorder{hash: sha256.New()} }

func (r *recorder) Write(b []byte) (int, error) {
	r.First = append(r.First, b[:min(len(b), MaxKept-len(r.First))]...)
	r.Length += uint64(len(b))
	r.hash.Write(b)
	return len(b), nil
}

func (r *recorder) output() Output {
	r.hash.Sum(r.Hash[:0])
	return r.Output
}

// clock goes on by a microsecond each time that somebody looks, so that a program sees the same times whatever its probes cost.
type clock struct{ passed time.Duration }

// epoch is where the clock starts, as the machine's own.
var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func (c *clock) Now() time.Time {
	c.passed += time.Microsecond
	return epoch.Add(c.passed)
}

func (c *clock) Sleep(d time.Duration) { c.passed += d }

// Difference is something that two runs do not have in common.
type Difference struct {
	What          string // "status", "standard output", "standard error", or a file's path
	At            uint64 // of an output: the first byte that differs
	Without, With string // what it is, in short
}
