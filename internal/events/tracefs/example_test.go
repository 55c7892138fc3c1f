package tracefs_test

import (
	"fmt"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// oneHit is a machine whose registers hold their own numbers.
type oneHit struct{}

func (oneHit) Register(r events.Reg) uint64  { return uint64(r) }
func (oneHit) ReadUser(uint64, []byte) int   { return 0 }
func (oneHit) ReadKernel(uint64, []byte) int { return 0 }
func (oneHit) Comm() string                  { return "demo" }

// Define an event, enable it, and print a hit as the trace file would.
func Example() {
	r := tracefs.New(tracefs.Config{Arch: x86.AMD64, CPUs: 1, Kprobes: tracefs.NewAssumedKernel(x86.AMD64)})
	if err := r.Write(tracefs.KprobeEvents, []byte("p:demo/work do_work+3 %cx name=+0(%di):string\n")); err != nil {
		fmt.Println(err)
		return
	}
	if err := r.SetEvent("demo", "work", true); err != nil {
		fmt.Println(err)
		return
	}
	probe := r.Event("demo", "work").Probes[0]
	record, _ := fetch.NewFetcher(probe.Program, nil).Fetch(oneHit{}, fetch.Hit{Addr: probe.Addr})

	var line fetch.Line
	entry := tracefs.TraceEntry{Comm: "demo", PID: 7, Flags: tracefs.Int3Flags, Time: 1_500_000_000}
	tracefs.AppendTraceLine(&line, tracefs.TraceOptions{}, entry, record, fetch.Names{})
	fmt.Print(r.Read(tracefs.KprobeEvents), string(line.Text))
	// Output:
	// p:demo/work do_work+3 arg1=%cx name=+0(%di):string
	//             demo-7       [000] ..Zff     1.500000: work: (0xffff900000000003) arg1=0x2 name=(fault)
}
