package walk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"trapline/internal/emu"
	"trapline/internal/format"
	"trapline/internal/record"
	"trapline/internal/scenario"
	"trapline/internal/sched"
)

// Keys in a recording's options: scenario.Options.Direct, and what of the
// machine's memory differs from what the scenario's text says.
const (
	optionDirect = "direct" // "true"
	optionStores = "stores" // format.Machine.StoreBuffer, decimal
	optionSplit  = "split"  // "true"
	optionVDSO   = "vdso"   // programworld.World.VDSO, which is memory of programs
	optionCounts = "counts" // kprobes.CountsVersion
)

// Recording makes the file of the present line, from its start to its end. The
// scenario goes in with its listing, so that no assembler is needed to replay it.
func (w *Walk) Recording(ctx context.Context, producer string) (*record.File, error) {
	if w.Changed() {
		return nil, ErrChanged
	}
	if err := w.Goto(ctx, w.End()); err != nil {
		return nil, err
	}
	file := w.Run.File
	if file.Source != nil && file.Listing == nil {
		_, listing, err := scenario.Assemble(ctx, file.File)
		if err != nil {
			return nil, err
		}
		file.SetListing(listing)
	}
	f := &record.File{Producer: producer, Name: file.Name, Scenario: file.Bytes(), Engine: w.Run.Engine(), Text: w.Run.KernelText(), Options: map[string]string{}}
	if w.Run.Options.Direct {
		f.Options[optionDirect] = "true"
	}
	if sum := w.world.vdso(); sum != "" {
		f.Options[optionVDSO] = sum
	}
	if version := w.world.counts(); version != "" {
		f.Options[optionCounts] = version
	}
	if err := keepModel(f, file); err != nil {
		return nil, err
	}
	for _, name := range file.Named() {
		data, err := file.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if f.Files == nil {
			f.Files = map[string][]byte{}
		}
		f.Files[name] = data
	}
	w.Save(f)
	return f, nil
}

// Schedule is who took each step of the present line up to the present moment,
// printed as a schedule of the scenario. The viewer's changes are no part of it:
// see Changes.
func (w *Walk) Schedule() string {
	var s sched.Schedule
	at := uint64(0)
	for actor := range w.Taken() {
		if at == w.At() {
			break
		}
		if _, change := w.runner.change(actor); !change {
			s.Append(actor, 1)
		}
		at++
	}
	return s.Format(w.Run.Checksum(), w.Run.Words()...)
}

// Decode reads a recording with the files that its scenario names.
func Decode(data []byte) (*record.File, error) {
	return record.Decode(data, func(name string, scenario []byte) ([]string, error) {
		f, err := parseRecorded(name, scenario)
		if err != nil {
			return nil, err
		}
		return f.Named(), nil
	})
}

func parseRecorded(name string, scenario []byte) (*format.File, error) {
	f, err := format.Parse(name, scenario)
	if err != nil {
		return nil, fmt.Errorf("the recording's scenario: %w", err)
	}
	return f, nil
}

// Replay opens a recording: its scenario, replayed to its end with every hash
// compared, standing at its first moment. Instructions run on a processor of
// the caller's choice: no hash depends on it.
func Replay(ctx context.Context, f *record.File, p emu.Processor) (*Walk, error) {
	w, err := OpenRecorded(ctx, f, p)
	if err != nil {
		return nil, err
	}
	if err := w.Verify(ctx, f); err != nil {
		w.Close()
		return nil, err
	}
	return w, w.Goto(ctx, 0)
}

// Verify replays a recording that the walk was opened from and compares its
// states. One that counted hits otherwise is record.ErrVersion where they differ.
func (w *Walk) Verify(ctx context.Context, f *record.File) error {
	err := f.Verify(ctx, w.Timeline)
	var diverged *record.DivergedError
	if here := w.world.counts(); errors.As(err, &diverged) && diverged.Step > 0 && f.Options[optionCounts] != here {
		return fmt.Errorf("%w: the states differ at step %d, and its hits were counted by version %s of the rules, here by version %s: record again",
			record.ErrVersion, diverged.Step, cmp.Or(f.Options[optionCounts], "1"), here)
	}
	return err
}

// OpenRecorded opens a recording at its first moment; Verify replays it.
func OpenRecorded(ctx context.Context, f *record.File, p emu.Processor) (*Walk, error) {
	parsed, err := parseRecorded(f.Name, f.Scenario)
	if err != nil {
		return nil, err
	}
	if f.Steps() > uint64(parsed.Machine.Steps) {
		return nil, fmt.Errorf("%w: %d steps of a scenario whose bound is %d", record.ErrDamaged, f.Steps(), parsed.Machine.Steps)
	}
	direct, err := readOptions(f.Options, &parsed.Machine)
	if err != nil {
		return nil, err
	}
	file := &scenario.File{File: parsed, Processor: p, ReadFile: func(name string) ([]byte, error) {
		if data, ok := f.Files[name]; ok {
			return data, nil
		}
		return nil, fmt.Errorf("%s is not in the recording", name)
	}}
	if err := file.CheckEngine(f.Engine); err != nil {
		return nil, fmt.Errorf("%w: %w", record.ErrDamaged, err)
	}
	o := scenario.Options{Engine: f.Engine, Direct: direct}
	w, err := Open(ctx, file, Options{Options: o})
	if err != nil {
		return nil, err
	}
	if text := w.Run.KernelText(); f.Text != "" && f.Text != text {
		w.Close()
		return nil, fmt.Errorf("%w: engine %s had %s, here it has %s", record.ErrOtherText, f.Engine, f.Text, text)
	}
	if sum := w.world.vdso(); f.Options[optionVDSO] != sum {
		w.Close()
		return nil, fmt.Errorf("%w: programs had the vDSOs %q, here they have %q: record again", record.ErrVersion, f.Options[optionVDSO], sum)
	}
	return w, nil
}

// keepModel notes the memory model that a run had if its scenario's text has
// another one.
func keepModel(f *record.File, file *scenario.File) error {
	own, err := parseRecorded(f.Name, f.Scenario)
	if err != nil {
		return err
	}
	if n := file.Machine.StoreBuffer; n != own.Machine.StoreBuffer {
		f.Options[optionStores] = strconv.Itoa(n)
	}
	if file.Machine.SplitRMW && !own.Machine.SplitRMW {
		f.Options[optionSplit] = "true"
	}
	return nil
}

// readOptions takes the options that Recording writes.
func readOptions(options map[string]string, m *format.Machine) (direct bool, err error) {
	for name, value := range options {
		n, bad := strconv.Atoi(value)
		switch {
		case name == optionDirect && value == "true":
			direct = true
		case name == optionSplit && value == "true":
			m.SplitRMW = true
		case name == optionVDSO, name == optionCounts:
		case name == optionStores && bad == nil && n >= 0 && n <= format.MaxStores:
			m.StoreBuffer = n
		default:
			return false, fmt.Errorf("%w: option %q is %q; expected only %q or %q, true, or %q, 0 to %d",
				record.ErrDamaged, name, value, optionDirect, optionSplit, optionStores, format.MaxStores)
		}
	}
	return direct, nil
}

// Follow takes the steps of a schedule from the start, one turn of it too if it
// has one, with changes of the machine between them, and goes back there.
func (w *Walk) Follow(ctx context.Context, s sched.Schedule, changes ...MadeChange) error {
	if err := w.Goto(ctx, 0); err != nil {
		return err
	}
	change := func() error {
		for len(changes) > 0 && changes[0].At <= w.At() {
			if err := w.Change(changes[0].CPU, changes[0].Text); err != nil {
				return err
			}
			changes = changes[1:]
		}
		return nil
	}
	for _, r := range slices.Concat(s.Runs(), s.Turn().Runs()) {
		for range r.Steps {
			if err := change(); err != nil {
				return err
			}
			if err := w.Take(r.Actor); err != nil {
				return fmt.Errorf("the schedule does not fit the run: step %d: %w", w.At(), err)
			}
			if err := w.Ended(ctx); err != nil {
				return err
			}
		}
	}
	if err := change(); err != nil {
		return err
	}
	return w.Goto(ctx, 0)
}
