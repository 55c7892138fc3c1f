package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/record"
	"trapline/internal/rigs/recordtest"
)

// named is what the scenarios of these tests name.
func named(names ...string) record.Names {
	return func(string, []byte) ([]string, error) { return names, nil }
}

// forgery is a recording of 300 steps with the file a, which Decode accepts.
func forgery() (recordtest.Meta, *recordtest.Parts) {
	m := recordtest.Meta{"producer": "p", "name": "n", "engine": "none", "actors": 2, "steps": 300, "files": []string{"a"}}
	return m, &recordtest.Parts{
		Scenario: recordtest.Pack([]byte(twoTasks)),
		Files:    []recordtest.Packed{recordtest.Pack([]byte{1})},
		Runs:     recordtest.Pack(recordtest.Run(0, 300)),
		Hashes:   recordtest.Pack(recordtest.Hashes(record.Hash{Step: 0, Sum: 1}, record.Hash{Step: 300, Sum: 2})),
	}
}

// Each is signed rightly: the checksum says nothing of what is inside.
func TestForgedPartsAreRefused(t *testing.T) {
	m, p := forgery()
	p.Meta = m.JSON()
	f, err := record.Decode(p.Bytes(), named("a"))
	require.NoError(t, err)
	require.Equal(t, uint64(300), f.Steps())

	hashes := func(pairs ...record.Hash) func(recordtest.Meta, *recordtest.Parts) {
		return func(_ recordtest.Meta, p *recordtest.Parts) { p.Hashes = recordtest.Pack(recordtest.Hashes(pairs...)) }
	}
	start, end := record.Hash{Step: 0, Sum: 1}, record.Hash{Step: 300, Sum: 2}
	many := []record.Hash{start}
	for range 300 {
		many = append(many, record.Hash{Step: 1})
	}
	for name, x := range map[string]struct {
		want  string
		forge func(recordtest.Meta, *recordtest.Parts)
	}{
		"no hash":              {"no hash of the start", hashes()},
		"no first hash":        {"no hash of the start", hashes(end)},
		"no last hash":         {"no hash of the end; expected one of step 300", hashes(start)},
		"a hash behind":        {"hash 3 is of step 301", hashes(start, end, record.Hash{Step: 1})},
		"a hash twice":         {"hash 3 is of step 300", hashes(start, end, record.Hash{})},
		"a hash before itself": {"pair 2 is broken", hashes(start, record.Hash{Step: 1<<64 - 1})},
		"hashes that overflow": {"pair 1 is broken", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Hashes = recordtest.Pack([]byte(strings.Repeat("\xff", 20)))
		}},
		"endless hashes": {"section HASH is too large; expected at most", func(_ recordtest.Meta, p *recordtest.Parts) { p.Hashes = recordtest.Zeros(64) }},

		"2^32 steps": {"META: 4294967296 steps; expected at most 100000000", func(m recordtest.Meta, p *recordtest.Parts) {
			m["steps"], p.Runs = uint64(1)<<32, recordtest.Pack(recordtest.Run(0, 1<<32))
		}},
		"one step too many": {"META: 100000001 steps", func(m recordtest.Meta, p *recordtest.Parts) { m["steps"] = record.MaxSteps + 1 }},
		"more steps in RUNS": {"RUNS: 301 steps; expected 300", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Runs = recordtest.Pack(recordtest.Run(0, 301))
		}},
		"a sum of steps": {"RUNS: not a script of runs: more than 100000000 steps", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Runs = recordtest.Pack(bytes.Repeat(recordtest.Run(0, 60_000_000), 2))
		}},
		"a count that overflows": {"RUNS: not a script of runs", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Runs = recordtest.Pack(bytes.Repeat([]byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 70))
		}},
		"an actor that is not there": {"actor 2 of 2", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Runs = recordtest.Pack(recordtest.Run(2, 300))
		}},
		"negative steps":  {"META: json", func(m recordtest.Meta, _ *recordtest.Parts) { m["steps"] = -1 }},
		"steps of 1e300":  {"META: json", func(m recordtest.Meta, _ *recordtest.Parts) { m["steps"] = 1e300 }},
		"no actors":       {"META: 0 actors; expected 1 to 64", func(m recordtest.Meta, _ *recordtest.Parts) { m["actors"] = 0 }},
		"negative actors": {"META: -1 actors", func(m recordtest.Meta, _ *recordtest.Parts) { m["actors"] = -1 }},
		"many actors":     {"META: 65 actors", func(m recordtest.Meta, _ *recordtest.Parts) { m["actors"] = 65 }},
		"an unknown key":  {"unknown field", func(m recordtest.Meta, _ *recordtest.Parts) { m["more"] = 1 }},
		"two objects":     {"META goes on", func(m recordtest.Meta, p *recordtest.Parts) { p.Meta = append(m.JSON(), "{}"...) }},
		"a large META": {"META is too large; expected at most 1048576", func(m recordtest.Meta, _ *recordtest.Parts) {
			m["producer"] = strings.Repeat("x", 1<<20)
		}},

		"a file that is not named": {`META: file "b"; expected only files that the scenario names`, func(m recordtest.Meta, p *recordtest.Parts) {
			m["files"], p.Files = []string{"a", "b"}, append(p.Files, recordtest.Pack(nil))
		}},
		"a file twice": {`META: file "a" twice`, func(m recordtest.Meta, p *recordtest.Parts) {
			m["files"], p.Files = []string{"a", "a"}, append(p.Files, recordtest.Pack(nil))
		}},
		"a file that is missing": {`no file "a"`, func(m recordtest.Meta, p *recordtest.Parts) { m["files"], p.Files = nil, nil }},
		"a file more than said":  {"another section; expected RUNS", func(_ recordtest.Meta, p *recordtest.Parts) { p.Files = append(p.Files, p.Files[0]) }},
		"a file less than said":  {"another section; expected FILE", func(_ recordtest.Meta, p *recordtest.Parts) { p.Files = nil }},
		"65 files": {"META: 65 files; expected at most 64", func(m recordtest.Meta, _ *recordtest.Parts) {
			m["files"] = strings.Split(strings.Repeat("a ", 64)+"a", " ")
		}},
		"a large file":       {"section FILE is too large; expected at most 67108864 bytes", func(_ recordtest.Meta, p *recordtest.Parts) { p.Files[0] = recordtest.Zeros(65) }},
		"a large scenario":   {"section SCEN is too large; expected at most 4194304 bytes", func(_ recordtest.Meta, p *recordtest.Parts) { p.Scenario = recordtest.Zeros(5) }},
		"a large script":     {"the sections are too large; expected at most 268435456 bytes in all", func(_ recordtest.Meta, p *recordtest.Parts) { p.Runs = recordtest.Zeros(257) }},
		"no stream":          {"a DEFLATE stream", func(_ recordtest.Meta, p *recordtest.Parts) { p.Runs = []byte("x") }},
		"more than a stream": {"1 bytes behind its stream", func(_ recordtest.Meta, p *recordtest.Parts) { p.Runs = append(p.Runs, 0) }},
		"a section too many": {"another section; expected END", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Behind = []byte("MORE\x00\x00\x00\x00\x00\x00\x00\x00")
		}},
		"a length of 2^64-1": {"another section; expected END", func(_ recordtest.Meta, p *recordtest.Parts) {
			p.Behind = []byte("MORE\xff\xff\xff\xff\xff\xff\xff\xff")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			m, p := forgery()
			x.forge(m, p)
			if p.Meta == nil {
				p.Meta = m.JSON()
			}
			_, err := record.Decode(p.Bytes(), named("a"))
			require.ErrorIs(t, err, record.ErrDamaged)
			require.ErrorContains(t, err, x.want)
		})
	}
}

func TestALengthThatLeavesTheFile(t *testing.T) {
	m, p := forgery()
	p.Meta = m.JSON()
	whole := p.Bytes()
	for _, n := range []string{"\x00\x00\x00\x00\x00\x00\x00\x80", "\xff\xff\xff\xff\xff\xff\xff\xff", "\xff\xff\xff\x7f\x00\x00\x00\x00"} {
		bad := &recordtest.Parts{Meta: p.Meta, Scenario: p.Scenario}
		data := bad.Bytes()
		at := bytes.Index(data, []byte("SCEN")) + 4
		copy(data[at:], n)
		_, err := record.Decode(recordtest.Sign(data), named("a"))
		require.ErrorContains(t, err, "a section of")
	}
	_, err := record.Decode(recordtest.Sign(whole), named("a"))
	require.NoError(t, err)
}

// A file of 2 MB unpacks to no more than the bounds, and what the scenario
// does not name is not unpacked at all.
func TestAllFilesTogetherAreBounded(t *testing.T) {
	var names []string
	m, p := forgery()
	p.Files = nil
	for i := range 6 {
		names = append(names, fmt.Sprint(i))
		p.Files = append(p.Files, recordtest.Zeros(60))
	}
	m["files"] = names
	p.Meta = m.JSON()
	allocated, err := allocating(func() error { _, err := record.Decode(p.Bytes(), named(names...)); return err })
	require.ErrorContains(t, err, "the sections are too large; expected at most 268435456 bytes in all")
	require.Less(t, allocated, uint64(2<<30))

	m, p = forgery()
	m["files"] = []string{"a", "b", "c", "d"}
	p.Files = []recordtest.Packed{recordtest.Zeros(500), recordtest.Zeros(500), recordtest.Zeros(500), recordtest.Zeros(500)}
	p.Meta = m.JSON()
	data := p.Bytes()
	require.Less(t, len(data), 4<<20)
	allocated, err = allocating(func() error { _, err := record.Decode(data, named("a")); return err })
	require.ErrorContains(t, err, `file "b"; expected only files that the scenario names`)
	require.Less(t, allocated, uint64(16<<20))
}

func allocating(f func() error) (uint64, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, err
}

// What Encode writes, Decode reads.
func TestEncodeHasTheSameBounds(t *testing.T) {
	good := func() *record.File {
		f, err := record.Decode(recorded(t), named("a"))
		require.NoError(t, err)
		return f
	}
	for name, spoil := range map[string]func(*record.File){
		"hashes":   func(f *record.File) { f.Hashes = f.Hashes[1:] },
		"end":      func(f *record.File) { f.Hashes = f.Hashes[:len(f.Hashes)-1] },
		"scenario": func(f *record.File) { f.Scenario = make([]byte, record.MaxScenario+1) },
		"file":     func(f *record.File) { f.Files["a"] = make([]byte, record.MaxNamed+1) },
		"sum": func(f *record.File) {
			for i := range 5 {
				f.Files[fmt.Sprint(i)] = make([]byte, record.MaxNamed)
			}
		},
	} {
		f := good()
		spoil(f)
		_, err := f.Encode()
		require.ErrorContains(t, err, "expected", name)
	}
}

func TestBoundsAreThoseOfScenarios(t *testing.T) {
	require.Equal(t, format.MaxSteps, record.MaxSteps)
	require.Equal(t, format.MaxFile, record.MaxScenario)
}

// A replay ends soon after its context, whatever the number of steps.
func TestAReplayCanBeStopped(t *testing.T) {
	m, p := forgery()
	delete(m, "files")
	_, l := openText(t, twoTasks)
	p.Files = nil
	p.Hashes = recordtest.Pack(recordtest.Hashes(record.Hash{Sum: l.Hash()}, record.Hash{Step: record.MaxSteps}))
	p.Runs = recordtest.Pack(recordtest.Run(0, record.MaxSteps))
	m["steps"] = record.MaxSteps
	p.Meta = m.JSON()
	f, err := record.Decode(p.Bytes(), named())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeoutCause(t.Context(), 50*time.Millisecond, errors.New("a test"))
	defer cancel()
	start := time.Now()
	err = f.Verify(ctx, l)
	require.ErrorIs(t, err, emu.ErrTime)
	require.Regexp(t, `at step \d+ of 100000000; 1 of 2 states were compared, all equal$`, err.Error())
	require.Less(t, time.Since(start), 5*time.Second)

	stopped, stop := context.WithCancel(t.Context())
	stop()
	require.ErrorIs(t, f.Verify(stopped, freshTasks(t)), emu.ErrStopped)
}

func freshTasks(t *testing.T) *record.Timeline {
	_, l := openText(t, twoTasks)
	return l
}
