// What each command does, one file each. All return the exit status. Private to the room.
#pragma once

struct cli;

int run_enroll(struct cli *cli);
int run_login(struct cli *cli);
int run_revoke(struct cli *cli);
int run_renew(struct cli *cli);
int run_resume(struct cli *cli);
int run_request(struct cli *cli);
int run_install(struct cli *cli);
int run_abandon(struct cli *cli);
int run_status(struct cli *cli);
int run_verify(struct cli *cli);
int run_applications(struct cli *cli); // verify --applications
int run_token_show(struct cli *cli);
int run_token_init(struct cli *cli);
int run_token_pin(struct cli *cli);
int run_token_unblock(struct cli *cli);
int run_token_respond(struct cli *cli);
int run_token_label(struct cli *cli);
int run_token_wipe(struct cli *cli);
int run_profile_list(struct cli *cli);
int run_profile_check(struct cli *cli);
int run_profile_show(struct cli *cli);
int run_profile_trust(struct cli *cli);
int run_help(struct cli *cli);
int run_version(struct cli *cli);
int run_completion(struct cli *cli);
int run_errors(struct cli *cli);
int run_token_list(struct cli *cli);
int run_doctor(struct cli *cli);
int run_otp_check(struct cli *cli);
int run_otp_import(struct cli *cli);
int run_otp_list(struct cli *cli);
int run_otp_assign(struct cli *cli);
int run_otp_resync(struct cli *cli);
int run_otp_unlock(struct cli *cli);
int run_udev_rules(struct cli *cli);
int run_wizard(struct cli *cli); // inkan alone on a terminal
