package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/urfave/cli/v3"

	"trapline/internal/emu"
	"trapline/internal/engines"
	"trapline/internal/events"
	"trapline/internal/events/tracedir"
	"trapline/internal/kprobes/kcall"
	"trapline/internal/kprobes/tracekprobe"
	"trapline/internal/loader/vmlinux"
)

func callCommand(out *output) *cli.Command {
	return &cli.Command{
		Name:      "call",
		Usage:     "call a function of a real kernel's image, with probes on it",
		ArgsUsage: "IMAGE SYMBOL [ARG…]",
		Description: `IMAGE is a vmlinux or a bzImage (/boot/vmlinuz-…); its kernel does not run: only the function does, on a machine with
the image in memory. A function that needs a running kernel is stopped, and it is said where.

ARG is a number; text in double quotes or behind "str:", put into memory with a NUL; "buf:N", N zero bytes; or
"hex:…", bytes. Memory is shown afterwards if the call changed it. Numbers below zero go behind "--".
-p takes a line of kprobe_events, as docs/events.md says; its events are printed as the kernel's trace file. What that
kernel refuses (its blacklist, functions that ftrace does not trace) is refused.
The exit status is 1 if the function did not return.

EXAMPLES:
   trapline call vmlinuz strlen '"hello"'
   trapline call vmlinuz crc32_le 0xffffffff hex:00112233 4
   trapline call vmlinuz full_name_hash 0 '"text"' 4 -p 'p full_name_hash name=+0(%si):string' -p 'r full_name_hash $retval:x32'
   trapline call --engine 2002 --json vmlinux int_sqrt 1000000 | jq .value`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "probe", Aliases: []string{"p"}, Usage: "define and enable the event `LINE` (may be repeated)"},
			&cli.StringFlag{Name: "engine", Aliases: []string{"e"}, Value: engines.For(engines.KernelCalls).Name, Usage: "run under `ENGINE`: " + strings.Join(engines.Names(engines.Kernel), ", ")},
			&cli.StringFlag{Name: "symbols", Usage: "take the symbols from `FILE`: kallsyms or System.map"},
			processorFlag(),
			&cli.Uint64Flag{Name: "steps", Value: kcall.DefaultSteps, Usage: "stop after `N` steps"},
			&cli.BoolFlag{Name: "json", Usage: "one JSON object, as docs/events.md says"},
		},
		DisableSliceFlagSeparator: true,
		Action:                    func(ctx context.Context, c *cli.Command) error { return doCall(ctx, c, out) },
	}
}

func doCall(ctx context.Context, c *cli.Command, out *output) error {
	if c.Args().Len() < 2 {
		return usagef(c, "call takes IMAGE and SYMBOL, not %d arguments", c.Args().Len())
	}
	if e := c.String("engine"); !slices.Contains(engines.Names(engines.Kernel), e) {
		return usagef(c, "unknown engine %q; expected one of %s", e, strings.Join(engines.Names(engines.Kernel), ", "))
	}
	args, err := parseCallArgs(c.Args().Slice()[2:])
	if err != nil {
		return usageError(c, err)
	}
	processor, err := processorOf(c)
	if err != nil {
		return err
	}
	image, err := readKernel(c.Args().First(), c.String("symbols"))
	if err != nil {
		return err
	}
	k, err := kcall.New(image, c.String("engine"), processor)
	if err != nil {
		return err
	}
	defer k.Close()
	k.Machine.Quiet = true
	k.Steps = c.Uint64("steps")
	for _, line := range c.StringSlice("probe") {
		if err := k.Events.Define(line); err != nil {
			return fmt.Errorf("-p %s", refusal(line, err, k.Events))
		}
	}
	x := &calling{out: out, caller: k, function: c.Args().Get(1), args: args}
	err = x.run(ctx)
	if ended := emu.Ended(ctx); ended != nil && err != nil {
		return fmt.Errorf("%w: %w", ended, err)
	}
	var stopped *kcall.Stopped
	if err != nil && !errors.As(err, &stopped) {
		return err
	}
	if c.Bool("json") {
		x.printJSON(stopped)
	} else {
		x.print(stopped)
	}
	if stopped != nil {
		return errViolated
	}
	return nil
}

// maxSymbolFile bounds a file of symbols, in bytes.
const maxSymbolFile = 64 << 20

func readKernel(path, symbols string) (*vmlinux.Kernel, error) {
	data, err := readBounded(path, vmlinux.MaxFile)
	if err != nil {
		return nil, err
	}
	var text []byte
	if symbols != "" {
		if text, err = readBounded(symbols, maxSymbolFile); err != nil {
			return nil, err
		}
		text = append([]byte{}, text...)
	}
	k, err := vmlinux.Read(data, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() || st.Size() > limit {
		return nil, fmt.Errorf("%s: expected a regular file of at most %d bytes", path, limit)
	}
	return os.ReadFile(path)
}

// refusal is what the kernel says to a line that it refuses.
func refusal(line string, err error, t *tracekprobe.Session) string {
	s := fmt.Sprintf("%q: %v", line, err)
	var e *events.Error
	if errors.As(err, &e) && e.LogText() != "" {
		s = fmt.Sprintf("%q: errno=%d %s\n%s", line, e.Errno, e.Errno.Name(), strings.TrimSuffix(e.LogText(), "\n"))
	}
	for _, l := range t.Printk() {
		s += "\n" + l
	}
	return s
}

// callArg is an argument: a number, or memory.
type callArg struct {
	text   string
	value  uint64
	memory []byte // nil: a number
	after  []byte
}

func parseCallArgs(words []string) ([]callArg, error) {
	if len(words) > kcall.MaxArgs {
		return nil, fmt.Errorf("%d arguments; expected at most %d", len(words), kcall.MaxArgs)
	}
	list := make([]callArg, len(words))
	for i, w := range words {
		a, err := parseCallArg(w)
		if err != nil {
			return nil, fmt.Errorf("argument %d, %q: %w", i+1, w, err)
		}
		list[i] = a
	}
	return list, nil
}

var errCallArg = errors.New(`expected a number, "text", str:TEXT, buf:BYTES or hex:DIGITS`)

func parseCallArg(w string) (callArg, error) {
	a := callArg{text: w}
	kind, rest, _ := strings.Cut(w, ":")
	switch {
	case strings.HasPrefix(w, `"`):
		s, err := strconv.Unquote(w)
		if err != nil {
			return a, fmt.Errorf("%w; in quotes, escapes are Go's", errCallArg)
		}
		a.memory = append([]byte(s), 0)
	case kind == "str" && len(w) > 3:
		a.memory = append([]byte(rest), 0)
	case kind == "hex" && len(w) > 3:
		b, err := hex.DecodeString(rest)
		if err != nil || len(b) == 0 {
			return a, errCallArg
		}
		a.memory = b
	case kind == "buf" && len(w) > 3:
		n, err := strconv.ParseUint(rest, 0, 32)
		if err != nil || n == 0 || n > kcall.MaxBuffer {
			return a, fmt.Errorf("%w; a buffer has 1 to %d bytes", errCallArg, kcall.MaxBuffer)
		}
		a.memory = make([]byte, n)
	default:
		v, err := strconv.ParseUint(w, 0, 64)
		if err != nil {
			s, serr := strconv.ParseInt(w, 0, 64)
			if serr != nil {
				return a, errCallArg
			}
			v = uint64(s)
		}
		a.value = v
	}
	return a, nil
}

// calling is one call and what came of it.
type calling struct {
	out      *output
	caller   *kcall.Caller
	function string
	args     []callArg
	result   kcall.Result
}

func (x *calling) run(ctx context.Context) error {
	values := make([]uint64, len(x.args))
	for i := range x.args {
		a := &x.args[i]
		if a.memory != nil {
			at, err := x.caller.Buffer(a.memory)
			if err != nil {
				return err
			}
			a.value = at
		}
		values[i] = a.value
	}
	var err error
	x.result, err = x.caller.Call(ctx, x.function, values, nil)
	for i := range x.args {
		if a := &x.args[i]; a.memory != nil {
			a.after = x.caller.Peek(a.value, len(a.memory))
		}
	}
	return err
}

func (x *calling) print(stopped *kcall.Stopped) {
	var texts []string
	for _, a := range x.args {
		texts = append(texts, a.text)
	}
	fmt.Fprintf(x.out, "%s(%s)", x.function, strings.Join(texts, ", "))
	if stopped == nil {
		fmt.Fprintf(x.out, " = %d (%#x), %d steps\n", x.result.Value, x.result.Value, x.result.Steps)
	} else {
		fmt.Fprintf(x.out, " did not return\n  at %s\n  %s\n", stopped.At, stopped.Why)
	}
	for i, a := range x.args {
		if a.memory == nil || bytes.Equal(a.memory, a.after) {
			continue
		}
		fmt.Fprintf(x.out, "argument %d, at %#x, is now\n", i+1, a.value)
		for line := range strings.Lines(hex.Dump(a.after)) {
			fmt.Fprintf(x.out, "  %s", line)
		}
	}
	if len(x.caller.Events.Registry().Probes()) > 0 {
		text, _ := x.caller.Events.ReadFile("trace")
		x.out.WriteString(text)
	}
}

// callObject is the object of --json.
type callObject struct {
	Function string            `json:"function"`
	Kernel   string            `json:"kernel,omitempty"`
	Returned bool              `json:"returned"`
	Value    uint64            `json:"value"`
	Steps    uint64            `json:"steps"`
	At       string            `json:"at,omitempty"`
	Why      string            `json:"why,omitempty"`
	Memory   []memoryObject    `json:"memory,omitempty"`
	Events   []tracedir.Record `json:"events,omitempty"`
}

type memoryObject struct {
	Argument int    `json:"argument"` // from 1
	Address  string `json:"address"`
	Hex      string `json:"hex"`
}

func (x *calling) printJSON(stopped *kcall.Stopped) {
	o := callObject{
		Function: x.function, Kernel: x.caller.Image.Banner, Returned: stopped == nil,
		Value: x.result.Value, Steps: x.result.Steps, Events: x.caller.Events.Records(),
	}
	if stopped != nil {
		o.At, o.Why = stopped.At, stopped.Why
	}
	for i, a := range x.args {
		if a.memory != nil {
			o.Memory = append(o.Memory, memoryObject{i + 1, fmt.Sprintf("%#x", a.value), hex.EncodeToString(a.after)})
		}
	}
	x.out.object(o)
}
