# A person at a terminal, for tests (expect). The story that follows this text uses:
#
#   begin COMMAND...          starts it on a terminal of 80 columns
#   answers {PATTERN WORDS …} answers each question by its pattern, the first that fits, until the program ends or `until` is asked
#   sees TEXT                 waits for it
#   types WORDS               a line;  presses KEYS  as they stand
#   ends STATUS               the program ends so
#
# `asked` has the patterns of the questions that were answered. Whatever is unexpected ends the test with what was on the screen.
log_user 0
set timeout $env(E2E_PATIENCE)
log_file -a -noappend $env(T)/screen
set asked {}
set ended 0

proc wrong {why} {
  puts "the person did not see what was expected: $why"
  exit 1
}
proc begin {args} {
  global spawn_id
  set ::stty_init "columns 80 rows 24"
  send_log "$ [join [lreplace $args 0 0 [file tail [lindex $args 0]]]]\n"
  uplevel #0 [list spawn -noecho {*}$args]
}
proc sees {text} {
  expect {
    -ex $text {}
    timeout { wrong "no $text" }
    eof { wrong "it ended before $text" }
  }
}
proc types {words} { send -- "$words\r" }
proc presses {keys} { send -- $keys }
proc reply {pattern words} {
  lappend ::asked $pattern
  types $words
}
# until: a pattern at which to stop answering; empty: the end of the program.
proc answers {pairs {until ""}} {
  set patterns {}
  if {$until ne ""} { set patterns [list -re $until { return }] }
  foreach {pattern words} $pairs {
    lappend patterns -re $pattern "[list reply $pattern $words]; exp_continue"
  }
  lappend patterns timeout { wrong "it does not go on" } eof { set ::ended 1; if {$::until ne ""} { wrong "it ended before $::until" } }
  set ::until $until
  uplevel #0 [list expect {*}$patterns]
}
proc ends {status} {
  if {!$::ended} {
    expect {
      timeout { wrong "it does not end" }
      eof {}
    }
  }
  set is [lindex [wait] 3]
  if {$is != $status} { wrong "exit status $is instead of $status" }
}
