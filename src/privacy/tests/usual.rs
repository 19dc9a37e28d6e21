//! What people write every day, line by line: secrets that were once not found, and what was once taken for one.

use super::all;

/// Puts together what no file of ours may hold.
fn filled(text: &str) -> String {
    let hex: String = "a8f5f167f44f4964e6c998dee827110c".to_owned();
    text.replace("{hex}", &hex)
}

/// Each line, with what is secret in brackets.
const FOUND: &str = r"curl -u ada:[C1rlPassw0rd] https://x.example
curl --user ada:[C1rlPassw0rd] https://x.example
curl -uada:[C1rlPassw0rd] https://x.example
curl -sSu ada:[C1rlPassw0rd] https://x.example
curl \⏎  -u ada:[C1rlPassw0rd] \⏎  https://x.example
curl https://x.example \⏎  -u ada:[C1rlPassw0rd]
curl -s -u 'ada:[C1rlPassw0rd]' https://x.example
sshpass -p '[x1]' ssh ada@host
sshpass -p[hunter2] ssh ada@host
mysql -u root -p[hunter2] db
mysqldump --password=[hunter2] db
docker login -u ada -p [hunter2] registry
docker login -u ada --password [hunter2]
redis-cli -h cache -a [hunter2] ping
wget --user=ada --password=[hunter2] https://x.example
SECRET_KEY_BASE=[{hex}{hex}]
TOKEN_SECRET_V2=[{hex}]
SESSION_SECRET_STAGE=[{hex}]
JWT_SECRET_PRODUCTION_KEY=[{hex}]
DB_PASSWORD_ADMIN=[Adm1nPassw0rd]
DB_PASSWORD_ADMIN=[s3cretadmin]
dbPasswordAdmin: [Adm1nPassw0rd]
oauth_token: [{hex}]
oauth_token_prod_eu: [{hex}]
OPENAI_KEY=[{hex}]
STRIPE_KEY: [{hex}]
DATADOG_KEY: [{hex}]
| User | Password |⏎|---|---|⏎| ada | [T4blePassw0rd] |⏎| bob | `[T4blePassw0rd]` |
User | Password (staging)⏎--- | ---⏎ada | [T4blePassw0rd]
| Service | **API key** |⏎|:--|--:|⏎| x | [{hex}] |
- name: DB_PASSWORD⏎  value: [K8sPassw0rd!]
- name: DB_PASSWORD⏎  value: '[K8sPassw0rd!]'
{'name':'API_KEY','value':'[{hex}]'}
<add key='DbPassword' value='[K8sPassw0rd!]'/>
Password:⏎⏎    [Bl0ckPassw0rd]
Password:⏎⏎```⏎[Bl0ckPassw0rd]⏎```
Password:⏎```text⏎[Bl0ckPassw0rd]⏎```
- Password:⏎  - [Bl0ckPassw0rd]
Password (staging): [Bl0ckPassw0rd]
Password for admin: [Bl0ckPassw0rd]
**Password for admin:** [Bl0ckPassw0rd]
Passwort für den Server: [Bl0ckPassw0rd]
The password for staging is [Bl0ckPassw0rd]
**Password** - [hunter2hunter]
**Password** – [hunter2hunter]
**Password** — `[hunter2hunter]`
password: !!str [hunter2hunter]
password: &pw [hunter2hunter]
password == '[hunter2hunter]'
setPassword('[hunter2hunter]')
user.set_password('[hunter2hunter]')
CREATE USER ada IDENTIFIED BY '[hunter2]';
ALTER USER ada WITH PASSWORD '[hunter2hunter]';
Login: admin / [S3cretPw997]
**Login:** admin / `[S3cretPw997]`
Zugangsdaten: admin:[S3cretPw997]
postgres://ada:[hunter2]@db.example.org/x";

/// The lines in which something else is found, with what stands in the first bracket.
const OTHERS: &str = r"phone [415-555-0132]
phone [415.555.0132], [415 555 0132] and [415 555-0132]
phone Tel. [01 23 45 67 89]
phone au [01 23 45 67 89] de Paris
phone [06.12.34.56.78] / [01-42-68-53-00]
phone [020 7946 0958]
phone [+33 6 12 34 56 78]
phone [00 49 30 1234567]
email avatars/[ada@example.org.png]
email mailto:[ada@example.org]
email https://x.example/?by=[ada@example.org]
email https://[ada@example.org]:8080@host/";

const STAYS: &str = r"retry at 200/500/1500 ms
ports 443/444/8443
640-480-1080
100 200 4000
ADR 0012 0013 0014
ADR 0123 0124 0125
01.02.26 03.04.26
MAC 00-11-22-33-44-55
MAC 01-23-45-67-89-ab
+123456789 bytes
+223456789 bytes
<Buffer 01 02 03 04 05 06 07 08>
<Buffer 01 02 03 04 05>
<Buffer a0 8b 28 3f 07 12 34 56 78 9a 00 11 22 33 44 55 66 77>
postgres://ada@db.example.org/x
postgres://LOGIN:PASSWORD@HOST
postgres://ada:PASSWORD@db
postgres://LOGIN:PASSWORD@HOST:PORT/DATABASE2x
postgres://ada:PASSWORD@db.example.org/x
postgres://ada:${DB_PASSWORD}@db
logo@2x.png
getty@tty1.service
postgresql@15-main.service
app@db.svc.cluster.local
git@github.com:acme/x.git
`password` {string|ArrayBuffer|Buffer} the password
- `password` {string|Buffer|TypedArray|DataView|KeyObject}
PWD=/srv/main2/x
pwd: /home/ada/work2/dir
password: /run/secrets/db_password_1
credential: arn:aws:iam::123456789012:role/deploy-2024
`password: ***`; Password: ${DB_PASSWORD}; `--password-stdin`
use `password=` or 2 more `token=` forms
aMrlePWd xY12abCDef99 and so on
curl -u ada:$PASSWORD https://x.example
curl -u 'ada:${PASSWORD}' https://x.example
docker login -u ada --password-stdin
docker login && docker run -p 8080:80 x
mysql -u root -p mydb2024
token_count: 128000
secret_name: prod-db-credentials-2024
password_hash: argon2id
password_policy: level2-strict
auth_backend: django.contrib.auth2.Backend
token in header: X-Api-Token-1234abcd
| Token | Meaning |⏎|---|---|⏎| a1b2 | the first of 2 |
| Password | Rule |⏎|---|---|⏎| required | 8 characters |
- name: LOG_LEVEL⏎  value: debug2024
CACHE_KEY=user-profile-v2-2024-eu
PUBLIC_KEY={hex}
Password:⏎⏎Version2 of the policy
Login: GET / POST
password == null
setPassword(newPassword2)
user: name
identified by their names";

fn lines(all: &str) -> impl Iterator<Item = String> {
    all.lines().map(|line| filled(&line.replace('⏎', "\n")))
}

fn check(kind: &str, line: &str, wrong: &mut Vec<String>) {
    let plain = line.replace(['[', ']'], "");
    let blot = format!("«redacted-{kind}»");
    let mut wanted = String::new();
    for (at, part) in line.split('[').enumerate() {
        match part.split_once(']').filter(|_| at > 0) {
            Some((_, rest)) => wanted.extend([&blot, rest]),
            None => wanted += part,
        }
    }
    let shown = all().redact(&plain).unwrap_or_else(|| plain.clone());
    if shown != wanted {
        wrong.push(format!("{plain}\n  became {shown}"));
    }
}

#[test]
fn everyday_forms_are_found() {
    let mut wrong = Vec::new();
    for line in lines(FOUND) {
        check("key", &line, &mut wrong);
        // JSON and code have the other quotes.
        check("key", &line.replace('\'', "\""), &mut wrong);
        check("key", &format!("# Notes\n\n{line}\n\nmore"), &mut wrong);
    }
    for line in lines(OTHERS) {
        let (kind, line) = line.split_once(' ').unwrap();
        check(kind, line, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn usual_technical_text_stays() {
    let redactor = all();
    let mut wrong = Vec::new();
    for line in lines(STAYS) {
        for text in [format!("# Notes\n\n{line}\n\nmore"), line] {
            wrong.extend(redactor.redact(&text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Each of these is large and looks like the beginning of something, over and over.
#[test]
fn what_begins_often_takes_no_time() {
    for part in [
        "curl ",
        "curl -u ",
        "curl \\\n",
        "password_",
        "password (",
        "Password for a",
        "KEY_",
        "name: x ",
        "|",
        "| password |\n|-|\n",
        "01 02 ",
        "password:\n",
        "password:`",
        "login: a",
        "a@b.png",
        "x://a@",
        "identified by ",
    ] {
        drop(all().redact(&part.repeat(200_000 / part.len())));
    }
}
