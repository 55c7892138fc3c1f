package main

import (
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"trapline/internal/record"
	"trapline/internal/rigs/recordtest"
	"trapline/internal/tui/walk"
)

// forge IN OUT KEY=VALUE... makes a recording that no program writes from one
// that was recorded. Keys: name, engine, producer, option (Go strings without
// quotes), steps (one actor's), hashes (none, first, last, wrong), files (so
// many that the scenario does not name), mib (of zeros in each).
func forge(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: forge IN OUT KEY=VALUE...")
	}
	data, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	f, err := walk.Decode(data)
	ts.Check(err)
	x := &forgery{
		meta:   recordtest.Meta{"producer": f.Producer, "name": f.Name, "engine": f.Engine, "actors": f.Actors, "steps": f.Steps(), "options": f.Options},
		hashes: f.Hashes, steps: f.Steps(), taken: f,
	}
	for _, a := range args[2:] {
		key, value, _ := strings.Cut(a, "=")
		if err := x.set(key, value); err != nil {
			ts.Fatalf("forge %s: %v", a, err)
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), x.bytes(f.Scenario), 0o644))
}

type forgery struct {
	meta   recordtest.Meta
	hashes []record.Hash
	steps  uint64
	taken  *record.File
	own    bool // steps are not those of the recording
	files  int
	mib    int
}

func (x *forgery) set(key, value string) (err error) {
	switch key {
	case "name", "engine", "producer":
		x.meta[key], err = strconv.Unquote(`"` + value + `"`)
	case "option":
		var name string
		name, err = strconv.Unquote(`"` + value + `"`)
		x.meta["options"] = map[string]string{name: "true"}
	case "steps":
		x.own = true
		x.steps, err = strconv.ParseUint(value, 10, 64)
		x.meta["steps"] = x.steps
		x.hashes = append(x.hashes[:1:1], record.Hash{Step: x.steps})
	case "hashes":
		x.hashes = map[string][]record.Hash{
			"none": nil, "first": x.hashes[:1], "last": x.hashes[len(x.hashes)-1:],
			"wrong": append(x.hashes[:len(x.hashes)-1:len(x.hashes)-1], record.Hash{Step: x.steps, Sum: 1}),
		}[value]
	case "files":
		x.files, err = strconv.Atoi(value)
	case "mib":
		x.mib, err = strconv.Atoi(value)
	default:
		err = strconv.ErrSyntax
	}
	return err
}

func (x *forgery) bytes(scenario []byte) []byte {
	p := recordtest.Parts{Scenario: recordtest.Pack(scenario)}
	var names []string
	for i := range x.files {
		names = append(names, "unnamed"+strconv.Itoa(i))
		p.Files = append(p.Files, recordtest.Zeros(x.mib))
	}
	x.meta["files"] = names
	p.Meta = x.meta.JSON()
	var runs []byte
	if x.own {
		runs = recordtest.Run(0, x.steps)
	} else {
		for actor := range x.taken.Taken() {
			runs = append(runs, recordtest.Run(actor, 1)...)
		}
	}
	p.Runs = recordtest.Pack(runs)
	last := uint64(0)
	var pairs []record.Hash
	for _, h := range x.hashes {
		pairs = append(pairs, record.Hash{Step: h.Step - last, Sum: h.Sum})
		last = h.Step
	}
	p.Hashes = recordtest.Pack(recordtest.Hashes(pairs...))
	return p.Bytes()
}
