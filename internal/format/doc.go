// Package format reads and prints scenario files. It is pure: it opens nothing but the bytes it is given, and
// knows no machine. docs/scenario-format.md explains it to users; the grammar is this:
//
//	file    = text { "-- " NAME " --" NL body }           a txtar archive; text is the lesson, for people
//	NAME    = "machine" | "text.S" | "text.lst" | "program" | "memory" | "probes" | "tasks"
//	        | "interrupts" | "linux" | "uprobe_events" | "steps" | "check" | "expect"
//	          | "schedule" | "explore" | "lesson"           each at most once
//
//	machine = { KEY VALUE… }                               see machine.go
//	program = "path" STRING { "call" NAME { EXPR } [ "=" EXPR ] }
//	memory  = { NAME "at" EXPR "size" SIZE "prot" PROT [ "lazy" ] { INDENT content } }
//	content = ( "u8" | "u16" | "u32" | "u64" | "word" ) EXPR { EXPR } | "string" STRING
//	probes  = { NAME "at" EXPR { INDENT ( ( "pre" | "post" | "fault" | "ret" ) actions | "unregistered" | "multiprobe" ) } }
//	actions = action { ";" action }                        see probes.go
//	tasks   = { "cpu" N ( "at" EXPR | "calls" calls ) { option } }    see tasks.go
//	interrupts = { KIND "cpu" N [ "at" EXPR ] }            see interrupts.go
//	linux   = { KEY VALUE… }                               see linux.go
//	uprobe_events = { a line of the kernel's file }        see events.go
//	steps   = { "> " directive NL output }                 see steps.go
//	check   = { PROPERTY | ( "never" | "always" | "finally" ) NAME ":" EXPR }    see check.go
//	expect  = { NAME [ ROW ] }                             a PROPERTY or a NAME of check, and its SEMANTICS row
//	schedule = { SCHEDULE [ "engine" NAME ] outcome }      see schedule.go
//	explore = { [ "engine" NAME ] [ "bound" N ] [ "kernel-text" ] outcome }
//	outcome = "holds" | "violates" NAME [ ROW ] { NAME [ ROW ] }
//	lesson  = questions, as package internal/tui/course reads them
//
// Outside text.S, text.lst and steps, empty lines and lines that start with "#" are skipped, and INDENT is at
// least one blank. Within a line an EXPR without blanks stands wherever something may follow it. EXPR is the
// language of package expr.
package format
