// A key made for these tests alone.
#pragma once

#include <string_view>

namespace egd::dkim {

constexpr std::string_view kTestPrivateKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQC9427nPJ6XwLkE\n"
    "Eq45MeS3Sdz0jwNy89XpI5QEmwWdYwfi4CgAsM/XUwdRCxEkczCdYcMVqPXdDOwz\n"
    "IZGaiD9KzAJGHqE1v2bu4RQQwRIwXLP+FeMX6t4j+Y3AWb3qQJ/bJpPhRNjMYxi2\n"
    "4fBIfFUT8SlX9Alsl5LPOiamRybjl6EdLK2U8BA3g7/9whb08dAkPWkhpmpaorDV\n"
    "bJlSzwJECDexZUxmIvhsLh2zSJLvpCX47a2XFvRf0a+tPmwVyUsNVLUQj3jlhPHz\n"
    "qo4ziaRIbJqJKDPJ0tSxPGJRtLBNJ1mz5Ppht0meT2TgEbIBe5HSpBn5SuOf18Yd\n"
    "KB+QAzLtAgMBAAECggEAB5ZusE0/DhPMoNHJRe5NNBi+vEP5sI53QftitwNlyEn0\n"
    "fveTiaGHEJTYAkBFtVXn/6XwKG2ps2VIi+t/uLPQiaHYxmoDaZUmHQ3/4gKBAk81\n"
    "/wVrX2GKclgOtryvRszBxn1GY/Y/Dn24N1iUZCUZtjQJAaN1+/Gbk23ArRzDPE1Z\n"
    "TSY0T2o1p2DsQ2xBFOnFuzaPorwtzrRhryCnke+cptnd/Mwtxt0ozd12ll+9tbjZ\n"
    "TTF3tSdm4U2STzzp/dnEwnfeu7dBCEF6pZlPrpZ4uHyOK+8WuX2XQ6Ma7/DDeGnm\n"
    "PWM3cQxCVeF0wr0CYUEu4/RGSCDH9B6cWeSux6/lYQKBgQD3cx2dl1Agce2o0QUo\n"
    "LiCDvhQ+ah3tc1YREgxunoEzjjkd9vrI1+su4xuzGSXVHHV8EHgr/T50jzgGVhMv\n"
    "esdIl8GpFIkr516B9MFVWoMrhihRkPKUW1t3WOHjFqOlxivwu/4s+5LUmDZ5s0HP\n"
    "3THuavFjdyeL1z25OCw2KVBdDQKBgQDEcyS+czlVmeGw/D/BR247g1ZFmHC0V8Yx\n"
    "+07kueg61SNbph2F+IjPnk7PZ6+G9nE1jJck6nWwQfQmDDEzrwwE1MbQS7KMSghW\n"
    "hcUyHMeujbITG1PWp/1W63coJkxQk7QCH/YqtMrZpolGp/u9dQ2HPN1WDnxkIpSU\n"
    "MGyh7e11YQKBgDr3KoqAIS7qFykQTftKKqNaKzbIUMNhpZPBykad7MndTU0Pqqkr\n"
    "kraElfgyuOo0suZSgmBxI23hJweTgVTiHBT3XMWuyBU3ODUdnuh4/iLkAD2Xncau\n"
    "kng5LPLRVUPOmm/uTF5pwI56ixirF7axzhEzWLxMC5duPh4h/Z8WbzkNAoGBAJbi\n"
    "WTZuCXtV1aK6G723v1K2bWzGyMm7IN8CxnWm1FdbnOynicV8Ppg4Xw+t84MVhZ47\n"
    "fVs9OWdHQN54PtITgIe1ZX5WpaxasEzEMdFriXLoIf3K33nfTRWVhM+xmqvIxllb\n"
    "cxcaBTNmVcmO/Ctn3BwjA101gxTl+nhXORimRdwBAoGBAI6LJditQZciu+kDuE81\n"
    "q46fMgQ9i0wTB8pJ/Db7aU+Znb+zguYeMMj5+DZ6krCuc3k1BJ/+xVEXYv3+G0Wm\n"
    "yV/shrz1u3VVGZkyF7zzwWit6k/6F7B2OWfLULnC5R9sIenb5IqXYmhNseKf2/a6\n"
    "aUvAjzSgtZiAnqIeDfg2kAoI\n"
    "-----END PRIVATE KEY-----\n";

constexpr std::string_view kTestPublicKey =
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAveNu5zyel8C5BBKuOTHkt0nc9I8DcvPV6SOU"
    "BJsFnWMH4uAoALDP11MHUQsRJHMwnWHDFaj13QzsMyGRmog/SswCRh6hNb9m7uEUEMESMFyz/hXjF+re"
    "I/mNwFm96kCf2yaT4UTYzGMYtuHwSHxVE/EpV/QJbJeSzzompkcm45ehHSytlPAQN4O//cIW9PHQJD1p"
    "IaZqWqKw1WyZUs8CRAg3sWVMZiL4bC4ds0iS76Ql+O2tlxb0X9GvrT5sFclLDVS1EI945YTx86qOM4mk"
    "SGyaiSgzydLUsTxiUbSwTSdZs+T6YbdJnk9k4BGyAXuR0qQZ+Urjn9fGHSgfkAMy7QIDAQAB";

}  // namespace egd::dkim
